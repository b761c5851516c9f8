"""Proves that PostgreSQL, pgvector and Milvus hold the same policies, and mends what does not."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, LiteralString

from finq.database import Database
from finq.policies import repository
from finq.policies.embedding import Embedder
from finq.policies.etl.compare import Wanted, differences, wanted_policies
from finq.policies.etl.embed import PolicyEmbedder
from finq.policies.etl.index import PolicyIndex
from finq.policies.etl.report import Report
from finq.policies.etl.run import Run
from finq.policies.rows import Hashes, hashes_of
from finq.policies.vectors import generations, question_means
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import Generation, VectorStoreUnavailable
from finq.policies.vectors.questions import embedder_for

_PAGE = 500
_SAMPLES = 10

_BAD_VECTORS: dict[str, LiteralString] = {
    "pgvector.missing": """
        SELECT p.id FROM youth_policies p WHERE p.withdrawn_at IS NULL AND NOT EXISTS (
            SELECT FROM policy_vectors v WHERE v.policy_id = p.id AND v.model_id = %(model)s)""",
    "pgvector.stale": """
        SELECT p.id FROM youth_policies p JOIN policy_vectors v ON v.policy_id = p.id AND v.model_id = %(model)s
        WHERE p.withdrawn_at IS NULL AND v.text_hash <> p.text_hash""",
    "pgvector.orphan": """
        SELECT DISTINCT p.id FROM youth_policies p JOIN policy_vectors v ON v.policy_id = p.id
        WHERE p.withdrawn_at IS NOT NULL""",
}


@dataclass
class Finding:
    """How many there are of one kind of fault, and the first few."""

    count: int = 0
    samples: list[str] = field(default_factory=list)

    def add(self, sample: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.samples) < _SAMPLES:
            self.samples.append(sample)


@dataclass
class Verification:
    """What was compared, and what was found.

    Attributes:
        generation: what searches read; None before the first load.
        policies: not withdrawn. `vectors` of them are in pgvector, `entries` in Milvus (None: not looked at).
        findings: by kind, named `<store>.<fault>`; none means consistent.
    """

    generation: Generation | None = None
    policies: int = 0
    vectors: int = 0
    entries: int | None = None
    findings: dict[str, Finding] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def consistent(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def found(self, kind: str, sample: str) -> None:
        """Count one fault."""
        self.findings.setdefault(kind, Finding()).add(sample)

    def as_json(self) -> dict[str, Any]:
        """JSON object."""
        return asdict(self) | {"consistent": self.consistent}


class Verifier:
    """Compares the stores with PostgreSQL.

    Args:
        milvus: None where the settings do without it.
        embedder: of the settings.
        grace: see `PolicyIndex`.
    """

    def __init__(
        self,
        database: Database,
        milvus: MilvusStore | None,
        embedder: Embedder,
        grace: timedelta = generations.GRACE,
    ) -> None:
        self._database = database
        self._milvus = milvus
        self._embedder = embedder
        self._grace = grace
        self._pgvector = PgVectorStore(database)

    def check(self) -> Verification:
        """Look at everything and change nothing. While a run goes on, its unfinished work shows as faults.

        Raises:
            ServiceUnavailable: PostgreSQL does not answer.
        """
        began = time.monotonic()
        with self._database.transaction() as connection:
            result = Verification(generations.active(connection))
            used = generations.in_use(connection, self._grace)
        for wanted, hashes in self._policies():
            result.policies += 1
            if _changed(wanted, hashes):
                result.found("postgresql.changed by hand", wanted.policy_id)
        if result.generation:
            self._check_pgvector(result, result.generation, used)
            if self._milvus:
                try:
                    self._check_milvus(self._milvus, result, result.generation, used)
                except VectorStoreUnavailable as error:
                    result.found("milvus.unavailable", str(error))
        elif result.policies:
            result.found("index.missing", "no generation is active")
        result.seconds = round(time.monotonic() - began, 2)
        return result

    def repair(self) -> Verification:
        """Mend what `check` finds, from what is stored; only texts without a vector are embedded. Then check again.

        Raises:
            Conflict: a run is going on.
            ModelUnavailable, ServiceUnavailable: what was mended so far is kept.
        """
        run = Run(self._database, "verify", Report())
        with run:
            self._adopt_changes(run)
            with run.transaction() as connection:
                active = generations.active(connection)
            model_id = active.model_id if active else self._embedder.model_id
            embedder = embedder_for(model_id, self._embedder)
            with PolicyEmbedder(self._database, embedder, run.report, run.progress) as vectors:
                vectors.finish()
            index = PolicyIndex(self._database, self._milvus, model_id, self._grace)
            index.bring_up_to_date(run.report, run.progress)
        return self.check()

    def _policies(self) -> Iterator[tuple[Wanted, Hashes]]:
        """Every policy's stored hashes, with those of what is stored."""
        wanted = wanted_policies(self._database)
        while page := {policy.policy_id: policy for policy in islice(wanted, _PAGE)}:
            with self._database.transaction() as connection:
                policies = repository.get_many(connection, page, native=True)
            for policy_id, policy in policies.items():
                yield page[policy_id], hashes_of(policy)

    def _adopt_changes(self, run: Run[Report]) -> None:
        """Let vectors follow policies that somebody changed by hand."""
        for wanted, hashes in self._policies():
            if _changed(wanted, hashes):
                with run.transaction() as connection:
                    connection.execute(
                        "UPDATE youth_policies SET (text_hash, limits_hash) = (%s, %s) WHERE id = %s",
                        [hashes.text, hashes.limits, wanted.policy_id],
                    )

    def _check_pgvector(self, result: Verification, generation: Generation, used: list[Generation]) -> None:
        model_id = generation.model_id
        with self._database.transaction() as connection:
            connection.execute("SET LOCAL statement_timeout = 0")
            row = connection.execute(
                "SELECT count(*) AS vectors FROM policy_vectors WHERE model_id = %s", [model_id]
            ).fetchone()
            result.vectors = row["vectors"] if row else 0
            for kind, which in _BAD_VECTORS.items():
                for row in connection.execute(which + " ORDER BY id", {"model": model_id}):
                    result.found(kind, row["id"])
            if not question_means.is_current(connection, model_id):
                result.found("questions.not embedded", model_id)
        if not self._pgvector.has_index(model_id):
            result.found("pgvector.not indexed", model_id)
        for left in sorted(self._pgvector.models() - {one.model_id for one in used}):
            result.found("pgvector.left over", left)

    def _check_milvus(
        self, milvus: MilvusStore, result: Verification, generation: Generation, used: list[Generation]
    ) -> None:
        if generation != milvus.generation(generation.model_id):
            result.found("milvus.not built", f"searches read {generation.collection or 'pgvector alone'}")
            return
        milvus.reconnect()
        collection = milvus.collection(generation.collection)
        problem = collection.problem()
        if problem:
            result.found(f"milvus.collection {problem}", generation.collection)
        if problem not in ("missing", "of another schema", "not loaded"):
            self._compare_milvus(collection.versions(), result, generation)
        target = milvus.alias_target()
        if target != generation.collection:
            result.found("milvus.alias wrong", f"it names {target or 'no collection'}")
        for left in sorted(milvus.collections() - {one.collection for one in used}):
            result.found("milvus.left over", left)

    def _compare_milvus(self, stored: Iterator[tuple[str, str]], result: Verification, generation: Generation) -> None:
        result.entries = 0

        def counted() -> Iterator[tuple[str, str]]:
            for entry in stored:
                result.entries = (result.entries or 0) + 1
                yield entry

        for difference in differences(wanted_policies(self._database), counted(), generation.model_id):
            result.found(f"milvus.{difference.kind}", difference.policy_id)


def _changed(wanted: Wanted, hashes: Hashes) -> bool:
    return (wanted.text_hash, wanted.limits_hash) != (hashes.text, hashes.limits)
