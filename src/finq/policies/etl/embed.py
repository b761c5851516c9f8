"""Brings `policy_vectors` up to what `youth_policies` says it should hold, while policies are still coming in.

The model works in threads of its own; PostgreSQL is written from the caller's, which alone has the connection and
the lock. What an earlier run left undone is found by comparing hashes, so a run may end anywhere.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from time import monotonic

from finq.database import Connection, Database
from finq.errors import FinqError
from finq.observability import logger
from finq.policies import repository
from finq.policies.embedding import HARMLESS_TEXT, Embedder, Embedding, TextRefused, combine, embedded_texts
from finq.policies.etl import runs
from finq.policies.etl.embedding_pool import EmbeddingPool
from finq.policies.etl.report import Report
from finq.policies.model import Policy
from finq.policies.rows import Hashes
from finq.policies.vectors import question_means
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import VectorEntry

_BATCH = 200
_MOST_WAITING = 1_000  # policies whose vectors are being made: 20 KB each


@dataclass(frozen=True, slots=True)
class _Waiting:
    policy: Policy
    hashes: Hashes
    vectors: list[Future[Embedding]]

    def done(self) -> bool:
        return all(vector.done() for vector in self.vectors)


class PolicyEmbedder:
    """Embeds into pgvector the policies whose text changed, during one run: `take` them, then `finish`.

    Args:
        report: counts what is done; `progress` is called after each batch.
        concurrency: calls of the model at a time, at best.
        written: called with each batch once PostgreSQL has it.
    """

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        report: Report,
        progress: Callable[[], None],
        *,
        concurrency: int = 8,
        written: Callable[[Sequence[VectorEntry]], None] | None = None,
    ) -> None:
        self._database = database
        self._report = report
        self._progress = progress
        self._written = written
        self._model_id = embedder.model_id
        self._pgvector = PgVectorStore(database)
        self._stored = self._pgvector.text_hashes(self._model_id)
        self._pool = EmbeddingPool(embedder, concurrency)
        self._waiting: deque[_Waiting] = deque()
        self._failure: FinqError | None = None
        self._began: float | None = None

    def __enter__(self) -> "PolicyEmbedder":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def expect(self, policies: int) -> None:
        """So many are about to come: rows go in faster without an index, where most of them are new."""
        if policies > len(self._stored):
            with self._transaction():
                self._pgvector.drop_index(self._model_id)

    def take(self, policies: Iterable[tuple[Policy, Hashes]]) -> None:
        """Have those policies embedded whose vector is missing or of another text; they must be in `youth_policies`.

        Waits while too many are under way. Where the model fails for good, nothing more is sent to it, and
        `finish` raises.
        """
        for policy, hashes in policies:
            if self._failure or self._stored.get(policy.id) == hashes.text:
                continue
            self._began = self._began or monotonic()
            vectors = [self._pool.submit(text) for text, _ in embedded_texts(policy)]
            self._waiting.append(_Waiting(policy, hashes, vectors))
            if len(self._waiting) >= _MOST_WAITING:
                self._write()
        while len(self._waiting) >= _BATCH and all(one.done() for one in islice(self._waiting, _BATCH)):
            self._write()

    def finish(self, written: Callable[[], None] | None = None) -> None:
        """Write what is under way, make up for what earlier runs left out, and build the index.

        `written` is called once all is written, before the index is built.

        Raises:
            ModelUnavailable, ServiceUnavailable: what was embedded so far is kept.
        """
        under_way = {one.policy.id for one in self._waiting}
        with self._transaction() as connection:
            wanted = repository.stored_hashes(connection)
        stale = [i for i, hashes in wanted.items() if i not in under_way and self._stored.get(i) != hashes.text]
        for start in range(0, len(stale), _BATCH):
            if self._failure:
                break
            with self._transaction() as connection:
                policies = repository.get_many(connection, stale[start : start + _BATCH])
            self.take((policy, wanted[policy.id]) for policy in policies.values())
        questions = self._typical_questions()
        while self._waiting:
            self._write()
        self._write_question_mean(questions)
        if written:
            written()
        with self._transaction():
            # Also when an earlier run was cut off before it.
            self._pgvector.ensure_index(self._model_id)
        if self._failure:
            raise self._failure

    def _write(self) -> None:
        """Store the oldest batch, once its vectors are there."""
        entries: list[VectorEntry] = []
        while self._waiting and len(entries) < _BATCH:
            one = self._waiting.popleft()
            try:
                vector = self._vector(one)
            except FinqError as error:
                self._fail(error)
            except CancelledError:
                pass  # left to the next run
            else:
                hashes = one.hashes
                entries.append(VectorEntry(one.policy, vector, hashes.text, hashes.limits, self._model_id))
        with self._transaction():
            self._pgvector.upsert(entries)
            self._report.embedded += len(entries)
            self._count()
            self._progress()
        self._stored.update((entry.policy.id, entry.text_hash) for entry in entries)
        if entries and self._written:
            self._written(entries)

    def _typical_questions(self) -> list[Future[Embedding]]:
        """Their vectors to come, unless the model has made them before; after those of the policies."""
        with self._transaction() as connection:
            if self._failure or question_means.is_current(connection, self._model_id):
                return []
        return [self._pool.submit(question) for question in question_means.typical_questions()]

    def _write_question_mean(self, questions: Sequence[Future[Embedding]]) -> None:
        made: list[Sequence[float]] = []
        for question in questions:
            try:
                made.append(question.result().vector)
            except TextRefused:
                pass  # the others have the same in common
            except FinqError as error:
                return self._fail(error)
            except CancelledError:
                return None  # left to the next run
        if made:
            with self._transaction() as connection:
                question_means.write(connection, self._model_id, made)
                self._count()
        return None

    def _vector(self, one: _Waiting) -> Sequence[float]:
        """What stands for the policy: its texts, as far as the model takes them."""
        made, weights, refusal = [], [], ""
        for (_, weight), vector in zip(embedded_texts(one.policy), one.vectors, strict=True):
            try:
                made.append(vector.result().vector)
                weights.append(weight)
            except TextRefused as error:
                refusal = str(error)
        if not made:
            if self._failure:
                raise self._failure
            # It is found by its words and in lists, and asked for again once its text changes.
            self._report.refuse(one.policy.id, f"the embedding model refuses its text: {refusal}")
            made, weights = [self._pool.submit(HARMLESS_TEXT).result().vector], [1.0]
        return combine(made, weights)

    def _fail(self, error: FinqError) -> None:
        """Ask the model for nothing more; the vectors that it has made are still to be written."""
        if self._failure is None:
            logger.error("embedding stops", reason=str(error), waiting=len(self._waiting))
            self._failure = error
            self._pool.close()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._database.transaction() as connection:
            runs.hold_lock(connection)
            yield connection

    def _count(self) -> None:
        report = self._report
        seconds = monotonic() - (self._began or monotonic())
        report.tokens = self._pool.tokens
        report.embedding_calls = self._pool.calls
        report.embeddings_per_second = round(self._pool.calls / seconds, 1) if seconds else 0.0
        report.throttled, report.concurrency = self._pool.pace.refusals, self._pool.pace.limit
