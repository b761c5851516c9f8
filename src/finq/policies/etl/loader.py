"""The run of the loader: bucket -> PostgreSQL -> vector stores.

PostgreSQL is written in batches, each with its objects' ETags, so a run that was cut off is resumed by the next
one: it reads only what is not loaded yet. Vectors are made meanwhile, and in the end compared with what they should
be. Every queue between two steps is bounded, so memory does not grow with the bucket.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Literal, TypeVar

import psycopg

from finq.database import Connection, Database
from finq.observability import logger
from finq.policies import repository
from finq.policies.embedding import Embedder
from finq.policies.etl import runs, withdrawal
from finq.policies.etl.early_copy import EarlyCopy
from finq.policies.etl.embed import PolicyEmbedder
from finq.policies.etl.index import PolicyIndex
from finq.policies.etl.objects import PolicyBucket, StoredObject
from finq.policies.etl.records import MAX_BYTES, parse, rules_hash
from finq.policies.etl.report import Report
from finq.policies.etl.run import Run
from finq.policies.normalise import MalformedRecord
from finq.policies.rows import Hashes, Row, to_row
from finq.policies.vectors.milvus import MilvusStore

_BATCH = 100  # the model waits for the first one
Item = TypeVar("Item")


class PolicyLoader:
    """Loads every document of the bucket. One run at a time, whoever starts it.

    Args:
        embedder: makes one attempt at a call; the loader makes it again.
        milvus: None where pgvector is the only store.
        concurrency: calls of the embedder at a time, at best.
    """

    def __init__(
        self,
        database: Database,
        bucket: PolicyBucket,
        embedder: Embedder,
        milvus: MilvusStore | None,
        concurrency: int = 8,
    ) -> None:
        self._database = database
        self._bucket = bucket
        self._embedder = embedder
        self._concurrency = concurrency
        self._index = PolicyIndex(database, milvus, embedder.model_id)

    def run(self, *, prefix: str = "", withdraw_missing: bool | Literal["force"] = True) -> Report:
        """Load what changed below `prefix`.

        Args:
            withdraw_missing: mark policies as withdrawn whose document is no longer listed; "force" does so
                however many they are (`withdrawal.needs_consent`).

        Raises:
            Conflict: another run is going on.
            ServiceUnavailable: PostgreSQL, the bucket or the embedding model does not answer; run it again.
            ModelUnavailable: the embedding model is retired or denied; PostgreSQL is loaded.
        """
        run = Run(self._database, f"s3://{self._bucket.name}/{prefix}", Report())
        with run:
            listed = self._bucket.documents(prefix)
            self._index.begin()
            with self._index.early_copy(run.report) as copy, self._embedding(run, copy) as vectors:
                self._load(run, prefix, listed, vectors)
                if withdraw_missing:
                    self._withdraw(run, prefix, listed, consent=withdraw_missing == "force")
                run.report.stage = "embedding"
                run.progress()
                vectors.finish(copy.settle)
            self._index.bring_up_to_date(run.report, run.progress)
        logger.info("policies loaded", **{k: v for k, v in run.report.as_json().items() if k != "reasons"})
        return run.report

    def _embedding(self, run: Run[Report], copy: EarlyCopy) -> PolicyEmbedder:
        return PolicyEmbedder(
            self._database,
            self._embedder,
            run.report,
            run.progress,
            concurrency=self._concurrency,
            written=copy.take,
        )

    def _load(self, run: Run[Report], prefix: str, listed: list[StoredObject], vectors: PolicyEmbedder) -> None:
        rules = rules_hash()
        with run.transaction() as connection:
            known = runs.known_objects(connection, prefix, rules)
            stored = repository.stored_hashes(connection)
        waiting = [item for item in listed if not _is_loaded(item, known.get(item.key))]
        run.report.stage, run.report.listed = "reading", len(listed)
        run.report.unchanged = len(listed) - len(waiting)
        run.progress()
        vectors.expect(len(waiting))
        # An id belongs to the object that brought it first.
        owners = {known[item.key].policy_id: item.key for item in listed if item.key in known}
        oversized = [(item, b"") for item in waiting if item.size > MAX_BYTES]
        documents = self._bucket.read([item for item in waiting if item.size <= MAX_BYTES])
        batches = (_Batch.of(pairs, owners) for pairs in _batches(chain(oversized, documents), _BATCH))
        for batch in _one_ahead(batches):
            with run.transaction() as connection:
                changed = batch.write(connection, run, stored, rules)
                run.record(connection)
            vectors.take((row.policy, row.hashes) for row in changed)

    def _withdraw(self, run: Run[Report], prefix: str, listed: list[StoredObject], *, consent: bool) -> None:
        keys = [item.key for item in listed]
        run.report.stage = "withdrawing"
        run.progress()
        with run.transaction() as connection:
            known, vanished = runs.count_vanished(connection, prefix, keys)
            if withdrawal.needs_consent(len(keys), known, vanished) and not consent:
                run.report.withheld = vanished
                logger.warning("nothing is withdrawn: too much vanished", prefix=prefix, known=known, vanished=vanished)
                return
            orphans = runs.forget_vanished(connection, run.id, prefix, keys)
            run.report.withdrawn = repository.withdraw(connection, orphans)
        run.progress()


def _is_loaded(item: StoredObject, known: runs.KnownObject | None) -> bool:
    return known is not None and known.current and known.etag == item.etag


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The next is made in a thread of its own while the last is in use: some are read while others are written."""
    with ThreadPoolExecutor(1, thread_name_prefix="parse") as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


@dataclass
class _Batch:
    """Documents that are written in one transaction."""

    rows: dict[StoredObject, Row] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)  # reason by key
    read: int = 0

    @classmethod
    def of(cls, documents: Iterable[tuple[StoredObject, bytes | None]], owners: dict[str, str]) -> "_Batch":
        """Of documents as they are read; `owners` learns who brought which id."""
        batch = cls()
        for item, body in documents:
            batch._take(item, body, owners)
        return batch

    def _take(self, item: StoredObject, body: bytes | None, owners: dict[str, str]) -> None:
        """Sort one document in; None is one that vanished since the listing, which the next run sees."""
        if body is None:
            return
        self.read += 1
        try:
            policy = parse(item.key, item.size, body)
            owner = owners.setdefault(policy.id, item.key)
            if owner != item.key:
                raise MalformedRecord(f"plcyNo {policy.id} is already loaded from {owner}")
        except MalformedRecord as error:
            self.rejected[item.key] = str(error)
        else:
            self.rows[item] = to_row(policy)

    def write(self, connection: Connection, run: Run[Report], stored: dict[str, Hashes], rules: str) -> list[Row]:
        """Write what differs from `stored`, and what is known of each object now; what was written."""
        changed = {item: row for item, row in self.rows.items() if stored.get(row.policy.id) != row.hashes}
        for item, reason in _write(connection, changed).items():
            self.rejected[item.key] = reason
            del self.rows[item], changed[item]
        loaded = [(item.key, row.policy.id, item.etag) for item, row in self.rows.items()]
        runs.remember_objects(connection, loaded, rules)
        if self.rejected:
            runs.quarantine(connection, run.id, self.rejected)
        new = sum(row.policy.id not in stored for row in changed.values())
        run.report.read += self.read
        run.report.new += new
        run.report.changed += len(changed) - new
        run.report.unchanged += len(self.rows) - len(changed)
        for key, reason in self.rejected.items():
            run.report.quarantine(key, reason)
        return list(changed.values())


def _write(connection: Connection, rows: dict[StoredObject, Row]) -> dict[StoredObject, str]:
    """Write policies; the reason by object for each that PostgreSQL refuses."""
    try:
        with connection.transaction():
            repository.write(connection, list(rows.values()))
        return {}
    except (psycopg.DataError, psycopg.IntegrityError):
        pass
    refused = {}
    for item, row in rows.items():
        try:
            with connection.transaction():
                repository.write(connection, [row])
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            refused[item] = f"PostgreSQL refuses it: {error.diag.message_primary or error}"
    return refused
