"""One collection of Milvus, as the loader writes it."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from finq.policies.embedding import VECTOR_DIMENSIONS
from finq.policies.vectors.milvus_connection import WRITE_SECONDS, MilvusConnection
from finq.policies.vectors.milvus_rows import BOOL_FIELDS, INT_FIELDS, to_row
from finq.policies.vectors.port import VectorEntry

# Compares all that pass the filter: exact from the first row on. A graph (HNSW) loses some behind filters, and until it
# is built, five minutes at 100,000 policies, servers search an index of their own that loses more (docs/benchmarks.md).
INDEX_TYPE = "FLAT"
_INDEX_SECONDS = 600.0
_INDEX_ASKED_SECONDS = 0.1
_ROWS_PER_WRITE = 500  # 2 MB; a message may have 64
_IDS_PER_DELETE = 1_000
_ROWS_PER_QUERY = 16_384  # the most that Milvus gives at once


class MilvusCollection:
    """A collection, made by `prepare`. Every method raises VectorStoreUnavailable where Milvus does not answer."""

    def __init__(self, connection: MilvusConnection, name: str) -> None:
        self._connection = connection
        self._name = name

    def prepare(self) -> None:
        """Make the collection with its index unless it is there, and load it.

        One that a killed process left without its index gets it; one of another schema, which nobody can have
        searched under this name, is replaced.
        """
        with self._connection.writing, self._connection.failures():
            client = self._connection.client()
            if client.has_collection(self._name, timeout=WRITE_SECONDS) and not self._fits(client):
                client.drop_collection(self._name, timeout=WRITE_SECONDS)
            if not client.has_collection(self._name, timeout=WRITE_SECONDS):
                client.create_collection(
                    self._name, schema=_schema(client), consistency_level="Bounded", timeout=WRITE_SECONDS
                )
            if not client.list_indexes(self._name, timeout=WRITE_SECONDS):
                index = client.prepare_index_params()
                index.add_index("embedding", index_type=INDEX_TYPE, metric_type="COSINE")
                client.create_index(self._name, index, timeout=WRITE_SECONDS)
            client.load_collection(self._name, timeout=_INDEX_SECONDS)

    def upsert(self, entries: Sequence[VectorEntry]) -> None:
        """Write entries. Call `settle` after the last ones. After a failure, some may be written."""
        rows = [to_row(entry) for entry in entries]
        with self._connection.writing, self._connection.failures():
            for start in range(0, len(rows), _ROWS_PER_WRITE):
                chunk = rows[start : start + _ROWS_PER_WRITE]
                self._connection.client().upsert(self._name, chunk, timeout=WRITE_SECONDS)

    def delete(self, policy_ids: Sequence[str]) -> None:
        """Forget entries. After a failure, some may still be there."""
        with self._connection.writing, self._connection.failures():
            for start in range(0, len(policy_ids), _IDS_PER_DELETE):
                ids = list(policy_ids[start : start + _IDS_PER_DELETE])
                self._connection.client().delete(self._name, ids=ids, timeout=WRITE_SECONDS)

    def settle(self) -> None:
        """Bring what was written into the index, and let every search that begins from now on see it.

        Milvus Lite searches unindexed rows until the collection is loaded anew (290 ms instead of 5 ms); other
        servers do it by themselves, and releasing would interrupt searches there.
        """
        with self._connection.writing, self._connection.failures():
            client = self._connection.client()
            lite = client.get_server_version(timeout=WRITE_SECONDS).startswith("milvus_lite")
            if lite:
                # Flushed while loaded, it would index in the background, too, and load half a file of that.
                client.release_collection(self._name, timeout=WRITE_SECONDS)
            client.flush(self._name, timeout=_INDEX_SECONDS)
            if lite:
                client.load_collection(self._name, timeout=_INDEX_SECONDS)
            else:
                self._await_index(client)
        # Searches do not wait for writes that are on their way to what searches. This does, for all of them.
        self._between("", "", limit=1)

    def _await_index(self, client: Any) -> None:
        deadline = time.monotonic() + _INDEX_SECONDS
        while client.describe_index(self._name, "embedding", timeout=WRITE_SECONDS)["pending_index_rows"]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._name} is not indexed after {_INDEX_SECONDS:.0f} s")
            time.sleep(_INDEX_ASKED_SECONDS)

    def versions(self) -> Iterator[tuple[str, str]]:
        """Policy id and `VectorEntry.version` of every entry, by id in the order of code points.

        Memory does not grow with the collection: it is read in ranges of ids, halved until each can be had at once.
        """
        ranges: list[tuple[str, str]] = [("", "")]
        while ranges:
            low, high = ranges.pop()
            rows = self._between(low, high)
            if len(rows) < _ROWS_PER_QUERY:
                yield from sorted(rows)
            else:
                # Any that come first, not the smallest: only Milvus' servers keep an order.
                middle = sorted(rows)[len(rows) // 2][0]
                ranges += [(middle, high), (low, middle)]

    def _between(self, low: str, high: str, limit: int = _ROWS_PER_QUERY) -> list[tuple[str, str]]:
        bounds = [f'policy_id >= "{low}"'] + ([f'policy_id < "{high}"'] if high else [])
        with self._connection.failures():
            rows = self._connection.client().query(
                self._name,
                filter=" and ".join(bounds),
                output_fields=["policy_id", "version"],
                limit=limit,
                consistency_level="Strong",
                timeout=WRITE_SECONDS,
            )
        return [(row["policy_id"], row["version"]) for row in rows]

    def problem(self) -> str | None:
        """What keeps the collection from being searched: missing, of another schema, not indexed, not loaded."""
        with self._connection.failures():
            client = self._connection.client()
            if not client.has_collection(self._name, timeout=WRITE_SECONDS):
                return "missing"
            if not self._fits(client):
                return "of another schema"
            if not client.list_indexes(self._name, timeout=WRITE_SECONDS):
                return "not indexed"
            state = client.get_load_state(self._name, timeout=WRITE_SECONDS)["state"].name
            return None if state == "Loaded" else "not loaded"

    def _fits(self, client: Any) -> bool:
        description = client.describe_collection(self._name, timeout=WRITE_SECONDS)
        fields = {field["name"]: field.get("params", {}) for field in description["fields"]}
        expected = {"policy_id", "embedding", "version", *BOOL_FIELDS, *INT_FIELDS}
        return fields.keys() == expected and int(fields["embedding"]["dim"]) == VECTOR_DIMENSIONS


def _schema(client: Any) -> Any:
    from pymilvus import DataType  # noqa: PLC0415 -- slow to import, see MilvusConnection

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("policy_id", DataType.VARCHAR, is_primary=True, max_length=40)
    schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=VECTOR_DIMENSIONS)
    schema.add_field("version", DataType.VARCHAR, max_length=200)
    for name in INT_FIELDS:
        schema.add_field(name, DataType.INT32)
    for name in BOOL_FIELDS:
        schema.add_field(name, DataType.BOOL)
    return schema
