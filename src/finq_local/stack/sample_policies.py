"""The sample policies put into the bucket and loaded, again only when they changed."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from finq_local import sample
from finq_local.stack import documents, loading
from finq_local.stack.layout import Layout
from finq_local.stack.provision import client
from finq_local.stack.service import StackError

SEOUL = ZoneInfo("Asia/Seoul")


def load(layout: Layout, tell: Callable[[str], None]) -> str:
    """Load them if need be; what there is to say about it, for people.

    Raises:
        StackError: there is no sample, or the loader failed.
    """
    records = documents_of_today()
    digest = _digest(records)
    marker = layout.home / "sample.json"
    before = _read(marker)
    if before.get("digest") == digest:
        return f"{len(records)} policies, loaded before"
    keys = [record.key for record in records]
    s3 = client("s3", layout.port("aws"))
    documents.delete(s3, set(before.get("keys", [])) - set(keys))
    tell(f"storing {len(records)} records")
    documents.upload(s3, records)
    tell(f"loading {len(records)} policies")
    report = loading.run(layout, lambda so_far: tell(loading.describe(so_far)))
    if report["milvus"] == "incomplete":
        # The next start makes up for it; until then pgvector answers.
        return f"{len(records)} policies, but Milvus did not take them: see `finq logs milvus`"
    marker.write_text(json.dumps({"digest": digest, "keys": keys}), encoding="utf-8")
    return f"{len(records)} policies"


def documents_of_today() -> list[documents.Document]:
    """The sample as it stands today, ready to be stored.

    Raises:
        StackError: there is none.
    """
    try:
        # Their dates follow today's, so that what is open stays open.
        records = list(sample.records(datetime.now(SEOUL).date()))
    except (OSError, ValueError) as error:
        raise StackError(f"The sample policies cannot be read: {error}") from None
    return [
        documents.Document(
            f"{documents.PREFIX}{record['plcyNo']}.json", json.dumps(record, ensure_ascii=False).encode()
        )
        for record in records
    ]


def _digest(records: list[documents.Document]) -> str:
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.key.encode())
        digest.update(hashlib.sha256(record.body).digest())
    return digest.hexdigest()


def _read(marker: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(marker.read_text(encoding="utf-8"))
        return content
    except (OSError, ValueError):
        return {}
