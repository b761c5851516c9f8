"""What is stored of a record, and when it counts as changed."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

_ID = re.compile(r"[0-9A-Za-z_-]{1,40}")
# Names of officials: personal data that nobody here needs.
_PERSONAL = frozenset({"sprvsnInstPicNm", "operInstPicNm"})
_VIEWS = "inqCnt"


@dataclass(frozen=True)
class Record:
    """A record as it is stored; `digest` changes when it should be stored again."""

    id: str
    body: bytes
    digest: str


class NoRecord(ValueError):
    """It has no usable number. `mark` tells it from others like it."""

    def __init__(self, value: Any) -> None:
        super().__init__("a record without a usable plcyNo")
        self.mark = f"!{_digest(_json(value))}"


def read(value: Any) -> Record:
    """The record in `value`, an item of `youthPolicyList`; judging the rest of it is the loader's business.

    Raises:
        NoRecord: it cannot be stored, since it has no usable number.
    """
    number = value.get("plcyNo") if isinstance(value, dict) else None
    if not isinstance(number, str) or not _ID.fullmatch(number):
        raise NoRecord(value)
    kept = {name: part for name, part in value.items() if name not in _PERSONAL}
    # Views grow every day; stored and loaded again for each would be the whole corpus every night. They order
    # lists only, for which their magnitude will do: a record counts as changed when they have doubled.
    compared = kept | {_VIEWS: _magnitude(kept.get(_VIEWS))}
    return Record(number, _json(kept), _digest(_json(compared, sort_keys=True)))


def _magnitude(views: Any) -> int:
    text = str(views).strip()
    return int(text).bit_length() if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _json(value: Any, *, sort_keys: bool = False) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"))
    # A lone surrogate, which no UTF-8 holds, becomes the JSON escape it was.
    return text.encode("utf-8", "backslashreplace")


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
