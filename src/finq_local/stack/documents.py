"""Policy records on their way into the bucket: one JSON object per policy, at `policies/<plcyNo>.json`."""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finq_local.stack.provision import POLICY_BUCKET
from finq_local.stack.service import StackError

PREFIX = "policies/"
# The emulator answers in about 2 ms; more threads only make it wait for itself.
UPLOADS_AT_ONCE = 8


@dataclass(frozen=True)
class Document:
    """One object to be stored."""

    key: str
    body: bytes


def read(folder: Path) -> list[Document]:
    """Documents of every `.json` and `.jsonl` file under `folder` (or of that one file), in a stable order.

    A `.jsonl` file holds a record a line. A `.json` file is passed on byte for byte, even a malformed one,
    because judging records is the loader's business; its key is the record's number, or the file's own path
    when there is none.

    Raises:
        StackError: nothing is there.
    """
    files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    root = folder.parent if folder.is_file() else folder
    documents = {document.key: document for path in files for document in _documents(path, root)}
    if not documents:
        raise StackError(f"There are no .json or .jsonl files in {folder}.")
    return list(documents.values())


def _documents(path: Path, root: Path) -> Iterator[Document]:
    relative = path.relative_to(root).as_posix()
    if path.suffix == ".jsonl":
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            if line.strip():
                yield Document(_key(line, f"{relative.removesuffix('.jsonl')}-{number}.json"), line)
    elif path.suffix == ".json":
        body = path.read_bytes()
        yield Document(_key(body, relative), body)


def _key(body: bytes, otherwise: str) -> str:
    try:
        record: Any = json.loads(body)
        number = record["plcyNo"]
    except (ValueError, KeyError, TypeError):
        return f"{PREFIX}{otherwise}"
    safe = isinstance(number, str) and number.isascii() and number.isalnum()
    return f"{PREFIX}{number}.json" if safe else f"{PREFIX}{otherwise}"


def upload(s3: Any, documents: Iterable[Document], uploaded: Callable[[], None] = lambda: None) -> None:
    """Put the documents into the policy bucket by a boto3 client; `uploaded` is called after each."""

    def put(document: Document) -> None:
        s3.put_object(Bucket=POLICY_BUCKET, Key=document.key, Body=document.body, ContentType="application/json")

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        for _ in pool.map(put, documents):
            uploaded()


def delete(s3: Any, keys: Iterable[str]) -> None:
    """Remove objects from the policy bucket by a boto3 client."""
    for key in keys:
        s3.delete_object(Bucket=POLICY_BUCKET, Key=key)
