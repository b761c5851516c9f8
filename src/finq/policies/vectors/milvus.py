"""Milvus: one collection, HNSW with cosine similarity. pymilvus is imported on first use, since it takes 0.4 s."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from finq import aws
from finq.observability import logger
from finq.policies.embedding import VECTOR_DIMENSIONS
from finq.policies.filters import PolicyFilter
from finq.policies.vectors.milvus_rows import BOOL_FIELDS, INT_FIELDS, expression, to_row
from finq.policies.vectors.port import Match, VectorEntry, VectorStoreUnavailable
from finq.settings import VectorSettings

_CONNECT_SECONDS = 0.8
_SEARCH_SECONDS = 0.9
_WRITE_SECONDS = 60.0
_REST_SECONDS = 30.0  # after a failure, searches go elsewhere at once for so long
# pymilvus pings every 10 s, idle or not; servers that allow one in 5 minutes, Milvus Lite too, hang up on that.
_GRPC_OPTIONS = {"grpc.keepalive_time_ms": 600_000, "grpc.keepalive_permit_without_calls": False}
_INDEX = {"M": 16, "efConstruction": 200}
_EF_SEARCH = 2_048  # faiss, in Milvus Lite, stops after ef steps whether or not the filter let anything through
_ROWS_PER_WRITE = 500  # 2 MB; a message may have 64
_IDS_PER_DELETE = 1_000
_MOST_ROWS = 16_384
_NOT_LOADED = 101  # Milvus' code for a collection that is not in memory


class MilvusStore:
    """The collection, made by `prepare`. Safe to share between threads; writes go one after another."""

    def __init__(self, settings: VectorSettings) -> None:
        self._settings = settings
        self._collection = settings.milvus_collection
        self._connected: Any = None
        self._rest_until = 0.0
        self._write_lock = threading.Lock()

    def search(self, vector: Sequence[float], policy_filter: PolicyFilter, limit: int) -> list[Match]:
        """Nearest policies, best first; may include a few that the exact rule keeps out.

        Raises:
            VectorStoreUnavailable: Milvus did not answer in time now, or failed within the last 30 s.
        """
        if time.monotonic() < self._rest_until:
            raise VectorStoreUnavailable("Milvus failed a moment ago")
        with self._failures():
            try:
                return self._search(vector, policy_filter, limit)
            except Exception as error:
                # Milvus Lite comes back from a restart with its collections on disk only.
                if getattr(error, "code", None) != _NOT_LOADED:
                    raise
                self._client().load_collection(self._collection, timeout=_WRITE_SECONDS)
                return self._search(vector, policy_filter, limit)

    def _search(self, vector: Sequence[float], policy_filter: PolicyFilter, limit: int) -> list[Match]:
        found = self._client().search(
            self._collection,
            data=[list(vector)],
            anns_field="embedding",
            filter=expression(policy_filter),
            limit=limit,
            search_params={"metric_type": "COSINE", "params": {"ef": max(_EF_SEARCH, limit)}},
            # Waiting for the newest write costs a quarter of a second, and policies change once a day.
            consistency_level="Eventually",
            timeout=_SEARCH_SECONDS,
        )
        return [Match(hit["policy_id"], hit["distance"]) for hit in found[0]]

    def upsert(self, entries: Sequence[VectorEntry]) -> None:
        """Write entries. Call `settle` after the last ones.

        Raises:
            VectorStoreUnavailable: some may be written.
        """
        rows = [to_row(entry) for entry in entries]
        with self._write_lock, self._failures():
            for start in range(0, len(rows), _ROWS_PER_WRITE):
                self._client().upsert(self._collection, rows[start : start + _ROWS_PER_WRITE], timeout=_WRITE_SECONDS)

    def delete(self, policy_ids: Sequence[str]) -> None:
        """Forget entries.

        Raises:
            VectorStoreUnavailable: some may still be there.
        """
        with self._write_lock, self._failures():
            for start in range(0, len(policy_ids), _IDS_PER_DELETE):
                ids = list(policy_ids[start : start + _IDS_PER_DELETE])
                self._client().delete(self._collection, ids=ids, timeout=_WRITE_SECONDS)

    def prepare(self) -> None:
        """Make the collection, its index included, or replace one that does not fit.

        Raises:
            VectorStoreUnavailable: Milvus does not answer. An earlier failure is not held against it.
        """
        with self._write_lock, self._failures():
            self._forget_connection()  # the one of the last run may have died since
            client = self._client()
            if client.has_collection(self._collection, timeout=_WRITE_SECONDS):
                if self._fits(client.describe_collection(self._collection, timeout=_WRITE_SECONDS)):
                    client.load_collection(self._collection, timeout=_WRITE_SECONDS)
                    return
                logger.warning("replacing a Milvus collection of another schema", collection=self._collection)
                client.drop_collection(self._collection, timeout=_WRITE_SECONDS)
            self._create(client)

    def settle(self) -> None:
        """Bring what was written into the index.

        Milvus Lite searches unindexed rows until the collection is loaded anew (290 ms instead of 5 ms); other
        servers do it by themselves, and releasing would interrupt searches there.

        Raises:
            VectorStoreUnavailable: Milvus does not answer.
        """
        with self._write_lock, self._failures():
            client = self._client()
            client.flush(self._collection, timeout=_WRITE_SECONDS)
            if "lite" in client.get_server_version(timeout=_CONNECT_SECONDS * 5):
                client.release_collection(self._collection, timeout=_WRITE_SECONDS)
                client.load_collection(self._collection, timeout=_WRITE_SECONDS)

    def versions(self) -> dict[str, str]:
        """`VectorEntry.version` by policy id, for every entry stored.

        Raises:
            VectorStoreUnavailable: Milvus does not answer.
        """
        with self._failures():
            rows = self._client().query(
                self._collection,
                filter='policy_id != ""',
                output_fields=["policy_id", "version"],
                # As many as Milvus gives at once; paging by key needs an order that Milvus Lite does not keep.
                # An entry beyond them would only be written again.
                limit=_MOST_ROWS,
                consistency_level="Strong",
                timeout=_WRITE_SECONDS,
            )
        return {row["policy_id"]: row["version"] for row in rows}

    def _client(self) -> Any:
        if self._connected is None:
            from pymilvus import MilvusClient  # noqa: PLC0415 -- slow to import, see above

            # It would log a traceback, not JSON, for every failure that is handled here.
            logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
            secret_id = self._settings.milvus_secret_id
            token = aws.secret(secret_id)["token"] if secret_id else ""
            self._connected = MilvusClient(
                self._settings.milvus_uri,
                token=token,
                timeout=_CONNECT_SECONDS,
                grpc_options=_GRPC_OPTIONS,
                dedicated=True,  # else pymilvus may hand out another client's connection, with other options
            )
        return self._connected

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Any failure of pymilvus or gRPC as `VectorStoreUnavailable`, remembered for `search`."""
        try:
            yield
        # pymilvus lets gRPC's, its own and plain ValueErrors ("closed channel") through; whichever it is, the
        # other store must answer.
        except Exception as error:
            self._rest_until = time.monotonic() + _REST_SECONDS
            self._forget_connection()
            raise VectorStoreUnavailable(f"Milvus failed: {type(error).__name__}") from error
        self._rest_until = 0.0

    def _forget_connection(self) -> None:
        connected, self._connected = self._connected, None
        close: Callable[[], None] | None = getattr(connected, "close", None)
        if close is not None:
            close()

    def _fits(self, description: dict[str, Any]) -> bool:
        fields = {field["name"]: field.get("params", {}) for field in description["fields"]}
        expected = {"policy_id", "embedding", "version", *BOOL_FIELDS, *INT_FIELDS}
        return fields.keys() == expected and int(fields["embedding"]["dim"]) == VECTOR_DIMENSIONS

    def _create(self, client: Any) -> None:
        from pymilvus import DataType  # noqa: PLC0415 -- slow to import, see above

        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("policy_id", DataType.VARCHAR, is_primary=True, max_length=40)
        schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=VECTOR_DIMENSIONS)
        schema.add_field("version", DataType.VARCHAR, max_length=200)
        for name in INT_FIELDS:
            schema.add_field(name, DataType.INT32)
        for name in BOOL_FIELDS:
            schema.add_field(name, DataType.BOOL)
        index = client.prepare_index_params()
        index.add_index("embedding", index_type="HNSW", metric_type="COSINE", params=_INDEX)
        client.create_collection(
            self._collection, schema=schema, index_params=index, consistency_level="Bounded", timeout=_WRITE_SECONDS
        )
        client.load_collection(self._collection, timeout=_WRITE_SECONDS)
