"""Brings the vector index up to what PostgreSQL says it should hold, and moves searches to another generation.

A generation is built beside the one that searches read, and takes its place when it is whole: one row of
PostgreSQL says which it is. The old one stays for those that are still reading it, and goes with a later run.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

from finq.database import Database
from finq.errors import ServiceUnavailable
from finq.observability import logger
from finq.policies import repository
from finq.policies.etl import runs
from finq.policies.etl.compare import Difference, Wanted, differences, wanted_policies
from finq.policies.etl.early_copy import EarlyCopy
from finq.policies.etl.report import Report
from finq.policies.vectors import generations
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.milvus_collection import MilvusCollection
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import Generation, VectorEntry, VectorStoreUnavailable

_BATCH = 200

_INCOMPLETE = """
SELECT EXISTS (
    SELECT FROM youth_policies p LEFT JOIN policy_vectors v ON v.policy_id = p.id AND v.model_id = %s
    WHERE p.withdrawn_at IS NULL AND v.text_hash IS DISTINCT FROM p.text_hash) AS found
"""


class PolicyIndex:
    """The generation of one model: its vectors in pgvector, made by `PolicyEmbedder`, and their copy in Milvus.

    Args:
        milvus: None does without a copy.
        model_id: of the vectors.
        grace: for how long a generation stays after another took its place.
    """

    def __init__(
        self,
        database: Database,
        milvus: MilvusStore | None,
        model_id: str,
        grace: timedelta = generations.GRACE,
    ) -> None:
        self._database = database
        self._milvus = milvus
        self._generation = milvus.generation(model_id) if milvus else Generation(model_id)
        self._grace = grace
        self._pgvector = PgVectorStore(database)
        self._read = False
        self._early: EarlyCopy | None = None

    def begin(self) -> None:
        """Tell that this generation is being built, before the first of its vectors is made."""
        with self._database.transaction() as connection:
            runs.hold_lock(connection)
            generations.begin(connection, self._generation)
            self._read = generations.active(connection) == self._generation

    def early_copy(self, report: Report) -> EarlyCopy:
        """To copy entries to Milvus as they are made, between `begin` and `bring_up_to_date`."""
        self._early = EarlyCopy(self._opened, report)
        return self._early

    def _opened(self) -> MilvusCollection | None:
        if self._milvus is None:
            return None
        self._milvus.reconnect()  # the connection of the last run may have died since
        collection = self._milvus.collection(self._generation.collection)
        if not self._read:
            collection.prepare()
        elif collection.problem():
            return None  # searches must be led elsewhere before it is mended
        return collection

    def bring_up_to_date(self, report: Report, progress: Callable[[], None]) -> None:
        """Remove what is withdrawn, copy to Milvus what differs there, and let searches read this generation.

        Every policy must have its vector in pgvector already. Milvus being away is noted in the report and
        logged, not raised: pgvector answers until the next run. `progress` is called after each batch.

        Raises:
            Conflict: another run is going on.
            ServiceUnavailable: PostgreSQL does not answer, or lacks vectors.
        """
        report.stage = "indexing"
        progress()
        self._pgvector.forget_withdrawn()
        with self._database.transaction() as connection:
            row = connection.execute(_INCOMPLETE, [self._generation.model_id]).fetchone()
        if row and row["found"]:
            raise ServiceUnavailable  # somebody else changed the tables under a run that holds the lock
        whole = self._generation
        if self._milvus:
            report.milvus = "incomplete"
            try:
                self._fill(self._milvus, report, progress)
                report.milvus = "complete"
            except VectorStoreUnavailable as error:
                logger.error("Milvus is incomplete until the next run", reason=str(error), cause=str(error.__cause__))
                whole = self._without_milvus()
        report.stage = "switching"
        progress()
        if self._switch(whole):
            report.switched_to = whole.model_id
        try:
            self._tidy(report)
        except VectorStoreUnavailable as error:
            report.milvus = "incomplete"
            logger.error("Milvus keeps what is not used any more until the next run", reason=str(error))

    def _fill(self, milvus: MilvusStore, report: Report, progress: Callable[[], None]) -> None:
        early = self._early
        settled = early.finish() if early else False
        milvus.reconnect()  # the connection of the last run may have died since
        collection = milvus.collection(self._generation.collection)
        with self._database.transaction() as connection:
            unread = generations.active(connection) != self._generation
        if not unread and collection.problem() in ("missing", "of another schema"):
            # Somebody took away what searches read. pgvector answers until it is whole again.
            self._switch(Generation(self._generation.model_id))
            unread = True
        collection.prepare()
        changed = self._copy(collection, report, progress)
        if changed or (not settled and (unread or (early and early.began))):
            collection.settle()
        # Where all was written and indexed before, the comparison just made has shown it already.
        if unread and (changed or not settled) and next(self._differences(collection), None):
            raise VectorStoreUnavailable("Milvus does not hold what was written to it")

    def _differences(self, collection: MilvusCollection) -> Iterator[Difference]:
        return differences(wanted_policies(self._database), collection.versions(), self._generation.model_id)

    def _copy(self, collection: MilvusCollection, report: Report, progress: Callable[[], None]) -> bool:
        """Write and delete what differs; whether anything did."""
        waiting: list[Wanted] = []
        gone: list[str] = []

        def write(entries: list[VectorEntry], unwanted: list[str]) -> None:
            if unwanted:
                collection.delete(unwanted)
            collection.upsert(entries)
            report.indexed += len(entries)

        # The next batch is read while Milvus takes one; it takes them one after another.
        with ThreadPoolExecutor(1, thread_name_prefix="milvus") as writer:
            writing: Future[None] | None = None

            def hand_over() -> None:
                nonlocal writing, waiting, gone
                entries = self._entries(waiting)
                if writing:
                    writing.result()
                    progress()
                writing = writer.submit(write, entries, gone)
                waiting, gone = [], []

            for difference in self._differences(collection):
                if difference.kind in ("orphan", "duplicate"):
                    gone.append(difference.policy_id)
                if difference.wanted:
                    waiting.append(difference.wanted)
                if len(waiting) + len(gone) >= _BATCH:
                    hand_over()
            if waiting or gone:
                hand_over()
            if writing:
                writing.result()
                progress()
            return writing is not None

    def _entries(self, wanted: Sequence[Wanted]) -> list[VectorEntry]:
        """What Milvus should hold for the policies `wanted`."""
        ids = [policy.policy_id for policy in wanted]
        model_id = self._generation.model_id
        with self._database.transaction() as connection:
            policies = repository.get_many(connection, ids)
        vectors = self._pgvector.embeddings(model_id, ids)
        if policies.keys() != vectors.keys():
            raise ServiceUnavailable  # somebody else changed the tables under a run that holds the lock
        return [
            VectorEntry(policies[w.policy_id], vectors[w.policy_id], w.text_hash, w.limits_hash, model_id)
            for w in wanted
            if w.policy_id in policies
        ]

    def _without_milvus(self) -> Generation:
        """What searches can read: an older copy in Milvus if it is of this model, pgvector alone if not."""
        with self._database.transaction() as connection:
            active = generations.active(connection)
        model_id = self._generation.model_id
        return active if active and active.model_id == model_id else Generation(model_id)

    def _switch(self, whole: Generation) -> bool:
        """Let searches read this one; whether they read another model's vectors before."""
        with self._database.transaction() as connection:
            runs.hold_lock(connection)
            active = generations.active(connection)
            if active == whole:
                return False
            generations.switch(connection, whole)
        logger.info("searches move to another index", old=active, new=whole)
        return active is not None and active.model_id != whole.model_id

    def _tidy(self, report: Report) -> None:
        """Let the alias follow, and drop what no search reads any more."""
        with self._database.transaction() as connection:
            runs.hold_lock(connection)
            active = generations.active(connection)
            kept = generations.in_use(connection, self._grace)
        for model_id in self._pgvector.models() - {generation.model_id for generation in kept}:
            self._pgvector.forget_model(model_id)
        if self._milvus and report.milvus == "complete":
            if active and active.collection:
                self._milvus.point_alias(active.collection)
            for name in self._milvus.collections() - {generation.collection for generation in kept}:
                self._milvus.drop(name)
        with self._database.transaction() as connection:
            generations.forget_others(connection, kept)
