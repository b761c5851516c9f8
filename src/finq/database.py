"""PostgreSQL: one connection per process, which suits Lambda (one invocation at a time per process).

The connection is opened on first use, kept between invocations, and replaced when the server dropped it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

from finq import aws
from finq.errors import ServiceUnavailable
from finq.observability import logger
from finq.settings import DatabaseSettings, load

Connection = psycopg.Connection[DictRow]
_Read = TypeVar("_Read")


class Database:
    """Hands out the process's connection.

    Args:
        conninfo: called for each new connection, so that a rotated password is picked up.
    """

    def __init__(self, conninfo: Callable[[], str]) -> None:
        self._conninfo = conninfo
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the end, rolled back on any exception.

        A kept connection that the server has dropped is replaced before the block runs. Rows are dicts.

        Raises:
            ServiceUnavailable: the server cannot be reached, or went away during the block.
        """
        try:
            with ExitStack() as block:
                yield self._begin(block)
        except psycopg.OperationalError as error:
            self.close()
            logger.warning("database went away", error=type(error).__name__)
            raise ServiceUnavailable from error

    def read(self, work: Callable[[Connection], _Read]) -> _Read:
        """What `work` reads by one statement: a single round trip, where a transaction around it takes three.

        A kept connection that the server has dropped is replaced, and `work` begins anew. Rows are dicts.

        Raises:
            ServiceUnavailable: the server cannot be reached, or went away.
        """
        kept = self._connection
        if kept is not None and kept.info.transaction_status == TransactionStatus.IDLE:
            try:
                return work(kept)
            except psycopg.OperationalError as error:
                if not kept.closed:  # it took too long, for one
                    raise ServiceUnavailable from error
        with self.transaction() as connection:
            return work(connection)

    def close(self) -> None:
        """Drop the kept connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin(self, block: ExitStack) -> Connection:
        kept = self._connection
        if kept is not None and not kept.closed:
            inside_another = kept.info.transaction_status != TransactionStatus.IDLE
            try:
                block.enter_context(kept.transaction())
                return kept
            except psycopg.OperationalError:
                # BEGIN shows that the server dropped the connection since its last use. Nothing has run yet.
                if inside_another:
                    raise
                self.close()
        self._connection = self._connect()
        block.enter_context(self._connection.transaction())
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
    """libpq connection string from the environment and the secret it names.

    Time zone and statement_timeout come from the database (migration 0009).
    """
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
        # A server that vanishes without a goodbye, as in a fail-over, is given up within 5 s, not after 15 minutes.
        tcp_user_timeout=5000,
        keepalives_idle=2,
        keepalives_interval=1,
        keepalives_count=3,
        application_name="finq",
    )


database = Database(conninfo_from_settings)
