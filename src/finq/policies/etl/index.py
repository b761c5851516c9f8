"""Brings Milvus up to what PostgreSQL says it should hold, whatever an earlier run left undone."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from finq.database import Database
from finq.errors import ServiceUnavailable
from finq.observability import logger
from finq.policies import repository
from finq.policies.etl.report import Report
from finq.policies.rows import Hashes
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import VectorEntry, VectorStoreUnavailable, entry_version

_BATCH = 200


class MilvusIndex:
    """Copies to Milvus what differs there from PostgreSQL. Without a `milvus` it has nothing to do."""

    def __init__(self, database: Database, milvus: MilvusStore | None, model_id: str) -> None:
        self._database = database
        self._milvus = milvus
        self._model_id = model_id
        self._pgvector = PgVectorStore(database)

    def bring_up_to_date(self, wanted: dict[str, Hashes], report: Report, progress: Callable[[], None]) -> None:
        """Copy what is missing or stale of `wanted` (by policy id), remove the rest; `progress` after each batch.

        Every policy of `wanted` must have its vector in pgvector already. Milvus being away is noted in the
        report and logged, not raised.

        Raises:
            ServiceUnavailable: PostgreSQL does not answer.
        """
        if self._milvus is None:
            return
        report.stage, report.milvus = "indexing", "incomplete"
        progress()
        try:
            self._index(self._milvus, wanted, report, progress)
            report.milvus = "complete"
        except VectorStoreUnavailable as error:
            logger.error("Milvus is incomplete until the next run", reason=str(error))

    def _index(
        self, milvus: MilvusStore, wanted: dict[str, Hashes], report: Report, progress: Callable[[], None]
    ) -> None:
        milvus.prepare()
        stored = milvus.versions()
        stale = [
            policy_id
            for policy_id, hashes in wanted.items()
            if stored.get(policy_id) != entry_version(hashes.text, hashes.limits, self._model_id)
        ]
        gone = sorted(stored.keys() - wanted.keys())

        def write(entries: list[VectorEntry]) -> None:
            milvus.upsert(entries)
            report.indexed += len(entries)

        # The next batch is read while Milvus takes one; it takes them one after another.
        with ThreadPoolExecutor(1, thread_name_prefix="milvus") as writer:
            writing: Future[None] | None = None
            for ids in _batches(stale):
                entries = self._entries(ids, wanted)
                if writing:
                    writing.result()
                    progress()
                writing = writer.submit(write, entries)
            if writing:
                writing.result()
                progress()
        if gone:
            milvus.delete(gone)
        if stale or gone:
            milvus.settle()

    def _entries(self, ids: Sequence[str], wanted: dict[str, Hashes]) -> list[VectorEntry]:
        """What Milvus should hold for `ids`."""
        with self._database.transaction() as connection:
            policies = repository.get_many(connection, ids)
        vectors = self._pgvector.embeddings(ids)
        if policies.keys() != vectors.keys():
            raise ServiceUnavailable  # somebody else changed the tables under a run that holds the lock
        return [
            VectorEntry(policies[i], vectors[i], wanted[i].text, wanted[i].limits, self._model_id)
            for i in ids
            if i in policies
        ]


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
