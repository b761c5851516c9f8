"""One run over the policy bucket, of the loader or the collector: its row, its report, and the lock it holds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar
from uuid import UUID

from finq.database import Connection, Database
from finq.policies.etl import runs
from finq.policies.etl.runs import RunReport

R = TypeVar("R", bound=RunReport)


class Run(Generic[R]):
    """A run from `with` to the end of the block; entering it raises Conflict while another one is going on.

    Args:
        source: what it reads, for people.
        report: kept up to date by the caller, stored by `progress`, `record` and at the end.
    """

    id: UUID

    def __init__(self, database: Database, source: str, report: R) -> None:
        self.report = report
        self._database = database
        self._source = source
        self._started = time.monotonic()

    def __enter__(self) -> "Run[R]":
        with self.transaction() as connection:
            self.id = runs.start(connection, self._source)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._tick()
        if kind is None:
            self.report.stage = "done"
        with self._database.transaction() as connection:
            runs.finish(connection, self.id, self.report, failed=kind is not None)
            runs.release_lock(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction in which the lock is held for sure."""
        with self._database.transaction() as connection:
            runs.hold_lock(connection)
            yield connection

    def progress(self) -> None:
        """Show how far the run is; raises Conflict if somebody else has the lock by now."""
        with self.transaction() as connection:
            self.record(connection)

    def record(self, connection: Connection) -> None:
        """Show how far the run is once this transaction is committed."""
        self._tick()
        runs.record(connection, self.id, self.report)

    def _tick(self) -> None:
        self.report.seconds = round(time.monotonic() - self._started, 2)
