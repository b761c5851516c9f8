"""The loader's own tables: one run at a time, its report, the objects it knows, the quarantine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from psycopg.types.json import Jsonb

from finq.database import Connection
from finq.errors import Conflict

_LOCK = 4_811_202  # any number that nothing else in this database locks


class RunReport(Protocol):
    """What a run tells of itself: where it stands, for how long it has run, and the rest as a JSON object."""

    stage: Any
    seconds: float

    def as_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class KnownObject:
    """An object that became a policy. `current`: loaded by today's rules, and its policy is not withdrawn."""

    policy_id: str
    etag: str
    current: bool


def hold_lock(connection: Connection) -> None:
    """Hold the loader's lock in this session until `release_lock` or the session's end.

    Called at the start of every transaction of a run: within one session it just counts up, and after a
    reconnection it is taken again, unless somebody else has it by now. The transaction may take its time: a run
    writes and indexes more at once than requests may.

    Raises:
        Conflict: another run is going on.
    """
    row = connection.execute(
        "SELECT pg_try_advisory_lock(%s) AS held, set_config('statement_timeout', '0', true)", [_LOCK]
    ).fetchone()
    if not row or not row["held"]:
        raise Conflict("정책을 불러오는 작업이 이미 진행 중이에요. 끝난 뒤에 다시 시도해 주세요.")


def release_lock(connection: Connection) -> None:
    """Let go of the lock however often it was taken."""
    connection.execute("SELECT pg_advisory_unlock_all()")


def start(connection: Connection, source: str) -> UUID:
    """A new run; one that was cut off is closed as failed. The lock must be held."""
    connection.execute("UPDATE etl_runs SET status = 'failed', finished_at = now() WHERE status = 'running'")
    row = connection.execute(
        "INSERT INTO etl_runs (source, status) VALUES (%s, 'running') RETURNING id", [source]
    ).fetchone()
    assert row is not None  # noqa: S101 -- INSERT ... RETURNING gives a row
    run_id: UUID = row["id"]
    return run_id


def record(connection: Connection, run_id: UUID, report: RunReport) -> None:
    """Progress."""
    connection.execute("UPDATE etl_runs SET report = %s WHERE id = %s", [Jsonb(report.as_json()), run_id])


def finish(connection: Connection, run_id: UUID, report: RunReport, *, failed: bool) -> None:
    """The end of a run."""
    connection.execute(
        "UPDATE etl_runs SET status = %s, report = %s, finished_at = now() WHERE id = %s",
        ["failed" if failed else "complete", Jsonb(report.as_json()), run_id],
    )


def latest(connection: Connection) -> dict[str, Any]:
    """The last run as {run_id, status, source, report, started_at, finished_at}; {"status": "none"} before any.

    `status` is running, complete, failed, or interrupted: cut off, and resumed by the next run.
    """
    row = connection.execute(
        "SELECT id, status, source, report, started_at, finished_at FROM etl_runs ORDER BY started_at DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return {"status": "none"}
    status = row["status"]
    if status == "running" and _lock_is_free(connection):
        status = "interrupted"
    return {
        "run_id": str(row["id"]),
        "status": status,
        "source": row["source"],
        "report": row["report"],
        "started_at": row["started_at"].isoformat(),
        "finished_at": row["finished_at"].isoformat() if row["finished_at"] else None,
    }


def _lock_is_free(connection: Connection) -> bool:
    row = connection.execute(
        "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS free",
        [_LOCK],
    ).fetchone()
    return bool(row and row["free"])


def known_objects(connection: Connection, prefix: str, rules: str) -> dict[str, KnownObject]:
    """Objects below `prefix` that earlier runs loaded, by key."""
    rows = connection.execute(
        "SELECT o.key, o.policy_id, o.etag, o.rules = %s AND p.withdrawn_at IS NULL AS current"
        " FROM etl_objects o JOIN youth_policies p ON p.id = o.policy_id WHERE starts_with(o.key, %s)",
        [rules, prefix],
    )
    return {row["key"]: KnownObject(row["policy_id"], row["etag"], row["current"]) for row in rows}


def remember_objects(connection: Connection, loaded: Sequence[tuple[str, str, str]], rules: str) -> None:
    """Keep (key, policy id, ETag) of objects that became policies; they leave the quarantine."""
    keys, ids, etags = ([item[n] for item in loaded] for n in range(3))
    connection.execute(
        "INSERT INTO etl_objects (key, policy_id, etag, rules)"
        " SELECT *, %s FROM unnest(%s::text[], %s::text[], %s::text[])"
        " ON CONFLICT (key) DO UPDATE"
        " SET (policy_id, etag, rules) = (excluded.policy_id, excluded.etag, excluded.rules)",
        [rules, keys, ids, etags],
    )
    connection.execute("DELETE FROM etl_quarantine WHERE key = ANY(%s)", [keys])


def quarantine(connection: Connection, run_id: UUID, reasons: Mapping[str, str]) -> None:
    """Keep why documents are no policies, by key."""
    connection.execute(
        "INSERT INTO etl_quarantine (run_id, key, reason) SELECT %s, * FROM unnest(%s::text[], %s::text[])"
        " ON CONFLICT (key) DO UPDATE SET (run_id, reason, seen_at) = (excluded.run_id, excluded.reason, now())",
        [run_id, list(reasons), list(reasons.values())],
    )


def count_vanished(connection: Connection, prefix: str, listed: Sequence[str]) -> tuple[int, int]:
    """How many objects below `prefix` earlier runs loaded, and how many of them are gone."""
    row = connection.execute(
        "SELECT count(*) AS known, count(*) FILTER (WHERE NOT key = ANY(%s)) AS vanished"
        " FROM etl_objects WHERE starts_with(key, %s)",
        [list(listed), prefix],
    ).fetchone()
    return (row["known"], row["vanished"]) if row else (0, 0)


def forget_vanished(connection: Connection, run_id: UUID, prefix: str, listed: Sequence[str]) -> list[str]:
    """Drop what the tables hold of objects below `prefix` that are gone; ids of policies left without an object."""
    parameters = {"prefix": prefix, "listed": list(listed), "run_id": run_id}
    connection.execute(
        "DELETE FROM etl_quarantine WHERE starts_with(key, %(prefix)s) AND run_id <> %(run_id)s", parameters
    )
    rows = connection.execute(
        "DELETE FROM etl_objects WHERE starts_with(key, %(prefix)s) AND NOT key = ANY(%(listed)s) RETURNING policy_id",
        parameters,
    ).fetchall()
    orphans = connection.execute(
        "SELECT id FROM unnest(%s::text[]) AS id WHERE NOT EXISTS (SELECT FROM etl_objects WHERE policy_id = id)",
        [[row["policy_id"] for row in rows]],
    )
    return [row["id"] for row in orphans]
