"""A document of the bucket as a policy, or the reason why it is none."""

import hashlib
import json
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import finq.policies
from finq.policies.model import Policy
from finq.policies.normalise import MalformedRecord, normalise

MAX_BYTES = 1_000_000


def parse(key: str, size: int, body: bytes) -> Policy:
    """Read the document stored as `<anything>/<plcyNo>.json`; one of more than `MAX_BYTES` needs no body.

    Raises:
        MalformedRecord: with the reason, for the quarantine.
    """
    if max(size, len(body)) > MAX_BYTES:
        raise MalformedRecord(f"larger than {MAX_BYTES:,} bytes")
    try:
        text = body.decode("utf-8-sig")
        record = json.loads(text)
        # Escapes can spell what no UTF-8 text and no PostgreSQL text may hold.
        escapes = "\\u" in text
        if escapes:
            json.dumps(record, ensure_ascii=False).encode()
    except UnicodeError:
        raise MalformedRecord("not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise MalformedRecord("not JSON") from None
    if escapes and _holds_nul(record):
        raise MalformedRecord("holds a NUL character")
    policy = normalise(record)
    if policy.id != PurePosixPath(key).stem:
        raise MalformedRecord(f"plcyNo {policy.id} does not match the object key")
    return policy


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


@cache
def rules_hash() -> str:
    """Of the code that turns documents into stored policies: another one means that all are read again."""
    folder = Path(finq.policies.__file__).parent
    digest = hashlib.sha256()
    for path in sorted((*folder.glob("*.py"), *folder.glob("*.tsv"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]
