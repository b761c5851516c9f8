"""Which policies to look up next, and what was found, in PostgreSQL.

Every function takes a connection inside a transaction. `youth_policies` is only ever read.
"""

from collections.abc import Collection
from datetime import date, timedelta

from finq.database import Connection
from finq.policies.monitor.confidence import Finding

_LOCK = 4_811_203  # any number that nothing else in this database locks
SOON_DAYS = 14
REMEMBERED_DAYS = 90

# A last day of 9999-12-31 means "no end"; upper() is the day after the last one.
_DUE = """
WITH savers AS (SELECT policy_id, count(*) AS number FROM user_policies GROUP BY policy_id),
     popular AS (SELECT coalesce(percentile_disc(0.9) WITHIN GROUP (ORDER BY views), 0) AS views
                   FROM youth_policies WHERE withdrawn_at IS NULL),
     open AS (SELECT p.id, p.views, (SELECT min(upper(days) - 1) FROM unnest(p.application_dates) AS days
                                      WHERE upper(days) > %(today)s) AS last_day
                FROM youth_policies p
               WHERE p.withdrawn_at IS NULL AND p.application_kind <> 'closed'
                 AND (p.application_kind <> 'periods' OR upper(p.application_dates) > %(today)s))
SELECT open.id
  FROM open CROSS JOIN popular
  LEFT JOIN savers ON savers.policy_id = open.id
  LEFT JOIN policy_checks c ON c.policy_id = open.id
 WHERE (savers.number > 0 OR (open.last_day <= %(soon)s AND open.views >= greatest(popular.views, 1)))
   AND (c.checked_at IS NULL OR (c.checked_at AT TIME ZONE 'Asia/Seoul')::date < %(today)s)
 ORDER BY c.checked_at NULLS FIRST, savers.number DESC NULLS LAST, open.last_day NULLS LAST, open.id
"""


def take_lock(connection: Connection) -> bool:
    """Whether this session, and no other, may look things up; until `release_lock` or the session's end."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s) AS taken", [_LOCK]).fetchone()
    return bool(row and row["taken"])


def release_lock(connection: Connection) -> None:
    """Let the next run begin."""
    connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def due(connection: Connection, today: date) -> list[str]:
    """Ids of the policies to look up, the longest unchecked first.

    Those are the ones that anybody saved, and the tenth most viewed among those that close within 14 days; not the
    closed ones, and none that was looked up today.
    """
    rows = connection.execute(_DUE, {"today": today, "soon": today + timedelta(days=SOON_DAYS)})
    return [row["id"] for row in rows]


def mark_checked(connection: Connection, policy_id: str) -> None:
    """Note that the policy was looked up now."""
    connection.execute(
        "INSERT INTO policy_checks (policy_id, checked_at) VALUES (%s, now())"
        " ON CONFLICT (policy_id) DO UPDATE SET checked_at = excluded.checked_at",
        [policy_id],
    )


def known(connection: Connection, policy_id: str) -> tuple[set[str], list[tuple[str, str]]]:
    """(addresses of all notices of the policy, kind and title of those of the last 90 days)."""
    rows = connection.execute(
        "SELECT url, kind, title, found_at > now() - make_interval(days => %s) AS recent"
        " FROM policy_notices WHERE policy_id = %s",
        [REMEMBERED_DAYS, policy_id],
    ).fetchall()
    return {row["url"] for row in rows}, [(row["kind"], row["title"]) for row in rows if row["recent"]]


def record(connection: Connection, policy_id: str, findings: Collection[Finding]) -> int:
    """Store what was found; how many of them are new."""
    written = 0
    for one in findings:
        cursor = connection.execute(
            "INSERT INTO policy_notices (policy_id, kind, title, url, summary, confidence, dates)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (policy_id, url) DO NOTHING",
            [policy_id, one.kind, one.title, one.url, one.summary, one.confidence, list(one.dates)],
        )
        written += cursor.rowcount
    return written
