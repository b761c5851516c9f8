"""Brings both vector stores up to what PostgreSQL says they should hold, whatever an earlier run left undone."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from finq.database import Database
from finq.errors import ServiceUnavailable
from finq.observability import logger
from finq.policies import repository
from finq.policies.embedding import Embedder, embed_all, embedded_text
from finq.policies.etl.report import Report
from finq.policies.rows import Hashes
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import VectorEntry, VectorStoreUnavailable, entry_version

_BATCH = 200


class VectorIndexer:
    """Embeds what changed into pgvector, then copies to Milvus what differs there."""

    def __init__(self, database: Database, embedder: Embedder, milvus: MilvusStore | None) -> None:
        self._database = database
        self._embedder = embedder
        self._pgvector = PgVectorStore(database)
        self._milvus = milvus

    def bring_up_to_date(self, report: Report, progress: Callable[[], None]) -> None:
        """Embed and index; counts go to `report`, and `progress` is called after each batch.

        Milvus being away is noted in the report and logged, not raised.

        Raises:
            ModelUnavailable, ServiceUnavailable: what was embedded so far is kept.
        """
        with self._database.transaction() as connection:
            wanted = repository.stored_hashes(connection)
        report.stage = "embedding"
        self._embed(wanted, report, progress)
        if self._milvus is None:
            return
        report.stage, report.milvus = "indexing", "incomplete"
        progress()
        try:
            self._index(self._milvus, wanted, report, progress)
            report.milvus = "complete"
        except VectorStoreUnavailable as error:
            logger.error("Milvus is incomplete until the next run", reason=str(error))

    def _embed(self, wanted: dict[str, Hashes], report: Report, progress: Callable[[], None]) -> None:
        model_id = self._embedder.model_id
        stored = self._pgvector.text_hashes(model_id)
        stale = [policy_id for policy_id, hashes in wanted.items() if stored.get(policy_id) != hashes.text]
        if len(stale) > len(stored):
            self._pgvector.drop_index()
        for ids in _batches(stale):
            with self._database.transaction() as connection:
                policies = list(repository.get_many(connection, ids).values())
            made = list(embed_all(self._embedder, [embedded_text(policy) for policy in policies]))
            self._pgvector.upsert(
                [
                    VectorEntry(policy, item.vector, wanted[policy.id].text, wanted[policy.id].limits, model_id)
                    for policy, item in zip(policies, made, strict=True)
                ]
            )
            report.embedded += len(made)
            report.tokens += sum(item.tokens for item in made)
            progress()
        # Also when an earlier run was cut off between the two.
        self._pgvector.ensure_index()

    def _index(
        self, milvus: MilvusStore, wanted: dict[str, Hashes], report: Report, progress: Callable[[], None]
    ) -> None:
        model_id = self._embedder.model_id
        milvus.prepare()
        stored = milvus.versions()
        stale = [
            policy_id
            for policy_id, hashes in wanted.items()
            if stored.get(policy_id) != entry_version(hashes.text, hashes.limits, model_id)
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
        model_id = self._embedder.model_id
        return [
            VectorEntry(policies[i], vectors[i], wanted[i].text, wanted[i].limits, model_id)
            for i in ids
            if i in policies
        ]


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
