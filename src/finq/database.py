"""PostgreSQL: one connection per process, which suits Lambda (one invocation at a time per process).

The connection is opened on first use, kept between invocations, and replaced when the server dropped it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row

from finq import aws
from finq.errors import ServiceUnavailable
from finq.observability import logger
from finq.settings import DatabaseSettings, load

Connection = psycopg.Connection[DictRow]

_TRUSTED_SECONDS = 1.0  # a connection that worked so recently is used without asking whether it still does


class Database:
    """Hands out the process's connection.

    Args:
        conninfo: called for each new connection, so that a rotated password is picked up.
    """

    def __init__(self, conninfo: Callable[[], str]) -> None:
        self._conninfo = conninfo
        self._connection: Connection | None = None
        self._used_at = 0.0

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the end, rolled back on any exception.

        A kept connection that the server has dropped is replaced before the block runs. Rows are dicts.

        Raises:
            ServiceUnavailable: the server cannot be reached, or went away during the block.
        """
        connection = self._usable()
        try:
            with connection.transaction():
                yield connection
        except psycopg.OperationalError as error:
            self.close()
            logger.warning("database went away", error=type(error).__name__)
            raise ServiceUnavailable from error
        finally:
            self._used_at = time.monotonic()

    def close(self) -> None:
        """Drop the kept connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _usable(self) -> Connection:
        if self._connection is not None and not self._connection.closed:
            if time.monotonic() - self._used_at < _TRUSTED_SECONDS:
                return self._connection
            # A round trip is cheaper than answering 503 to the first request after a fail-over.
            try:
                self._connection.execute("SELECT 1")
                return self._connection
            except psycopg.OperationalError:
                self.close()
        try:
            self._connection = self._connect()
        except psycopg.OperationalError as error:
            logger.warning("database is unreachable", error=type(error).__name__)
            raise ServiceUnavailable from error
        return self._connection

    def _connect(self) -> Connection:
        options: dict[str, Any] = {"autocommit": True, "row_factory": dict_row}
        try:
            return psycopg.Connection[DictRow].connect(self._conninfo(), **options)
        except psycopg.OperationalError as error:
            # The password may have been rotated since this process read it.
            if "authentication failed" not in str(error):
                raise
            aws.secret.cache_clear()
            return psycopg.Connection[DictRow].connect(self._conninfo(), **options)


def conninfo_from_settings() -> str:
    """libpq connection string from the environment and the secret it names."""
    settings = load(DatabaseSettings)
    credentials = aws.secret(settings.secret_id)
    return make_conninfo(
        host=settings.host,
        port=settings.port,
        dbname=settings.name,
        user=credentials["username"],
        password=credentials["password"],
        sslmode=settings.sslmode,
        connect_timeout=3,
        application_name="finq",
        options="-c statement_timeout=20000 -c TimeZone=Asia/Seoul",
    )


database = Database(conninfo_from_settings)
