"""Cursors of keyset paging: opaque to clients, checked when they come back."""

import base64
import json
from collections.abc import Sequence
from typing import TypeVar

from pydantic import TypeAdapter

from finq.errors import InvalidInput

Keys = TypeVar("Keys")


def encode(keys: Sequence[object]) -> str:
    """The keys of a page's last row (things `str` shows and pydantic reads back) as URL-safe text."""
    text = json.dumps([str(key) for key in keys], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, keys: TypeAdapter[Keys]) -> Keys:
    """The keys that `encode` was given.

    Raises:
        InvalidInput: the cursor is not one of this list.
    """
    try:
        return keys.validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:  # binascii's and pydantic's errors are ValueErrors
        raise InvalidInput(details={"fields": {"cursor": "앞 응답의 next_cursor를 그대로 보내 주세요."}}) from None
