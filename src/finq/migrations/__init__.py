"""The schema as versioned SQL files, and how they are applied."""

from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import default_migration_table

_LOCK = 4_811_201  # any number that nothing else in this database locks
_NO_TIMEOUT = "SET statement_timeout = 0"  # waiting for another run, or building an index, takes what it takes


def apply(conninfo: str) -> list[str]:
    """Apply what has not been applied yet, each file in one transaction; ids of those applied now, in order.

    Safe to run twice and at the same time: a second run waits and then finds nothing to do.

    Raises:
        psycopg.Error: the server is unreachable or refuses a statement; earlier files stay applied.
    """
    # The folder is a package: its Python files are not migrations.
    migrations = read_migrations(str(Path(__file__).parent)).filter(lambda migration: migration.path.endswith(".sql"))
    # yoyo's own lock is a row that a killed process leaves behind; this one ends with the session.
    with psycopg.connect(conninfo, autocommit=True) as guard:
        guard.execute(_NO_TIMEOUT)
        guard.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        with _backend(conninfo) as backend:
            pending = backend.to_apply(migrations)
            backend.apply_migrations(pending)
            return [migration.id for migration in pending]


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo has no types
    def init_connection(self, connection: Any) -> None:
        """Called by yoyo for each connection, and after a rollback."""
        super().init_connection(connection)
        connection.execute(_NO_TIMEOUT)


def _backend(conninfo: str) -> Any:
    """yoyo's psycopg 3 backend, made from the parts of `conninfo` so that no URL ever holds the password."""
    parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items() if value is not None}
    name, user, password = parts.pop("dbname", None), parts.pop("user", None), parts.pop("password", None)
    uri = DatabaseURI("postgresql+psycopg", user, password, None, None, name, parts)
    backend = _Backend(uri, default_migration_table)
    backend.init_database()
    return backend
