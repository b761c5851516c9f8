"""Saved policies and document progress in PostgreSQL.

Every function takes a connection inside a transaction, and the user whose things it may touch: what belongs to
somebody else is not found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql
from pydantic import TypeAdapter

from finq import cursor as cursors
from finq.database import Connection
from finq.errors import InvalidInput, NotFound
from finq.policies.model import Policy
from finq.policies.rows import SELECTED, from_row
from finq.saved.model import DocumentState, DocumentTick, NewUserPolicy, SavedStatus

_SELECT = """
SELECT u.*,
       (SELECT count(*) FROM required_documents d WHERE d.policy_id = u.policy_id AND d.current) AS total,
       (SELECT count(*) FROM required_documents d JOIN document_progress g ON g.document_id = d.id
         WHERE g.user_policy_id = u.id AND g.done AND d.current) AS done
  FROM user_policies u
 WHERE u.user_id = %(user_id)s
"""
_after: TypeAdapter[tuple[datetime, UUID]] = TypeAdapter(tuple[datetime, UUID])


@dataclass(frozen=True)
class Saved:
    """A row of `user_policies` (`done` and `total` count its documents) with its policy, withdrawn or not."""

    row: Mapping[str, Any]
    policy: Policy


@dataclass(frozen=True)
class Page:
    """Saved policies, the newest first."""

    items: tuple[Saved, ...]
    next_cursor: str | None


def save(connection: Connection, user_id: UUID, new: NewUserPolicy) -> tuple[UUID, bool]:
    """Save a policy; (its id, whether it is new). One that is saved already stays as it is.

    Raises:
        NotFound: there is no such policy.
    """
    if connection.execute("SELECT 1 FROM youth_policies WHERE id = %s", [new.policy_id]).fetchone() is None:
        raise NotFound("정책을 찾을 수 없어요.")
    keys = {"user_id": user_id, "policy_id": new.policy_id}
    row = connection.execute(
        """
        INSERT INTO user_policies (user_id, policy_id, status, personal_deadline, notes, remind_days_before)
        VALUES (%(user_id)s, %(policy_id)s, %(status)s, %(personal_deadline)s, %(notes)s, %(remind_days_before)s)
        ON CONFLICT (user_id, policy_id) DO NOTHING RETURNING id
        """,
        new.model_dump() | keys,
    ).fetchone()
    if row:
        return row["id"], True
    row = connection.execute(
        "SELECT id FROM user_policies WHERE user_id = %(user_id)s AND policy_id = %(policy_id)s", keys
    ).fetchone()
    if row is None:
        raise NotFound  # deleted between the two statements
    return row["id"], False


def get(connection: Connection, user_id: UUID, saved_id: UUID) -> Saved:
    """One saved policy.

    Raises:
        NotFound: it does not exist or is somebody else's.
    """
    rows = connection.execute(_SELECT + " AND u.id = %(id)s", {"user_id": user_id, "id": saved_id}).fetchall()
    if not rows:
        raise NotFound("저장한 정책을 찾을 수 없어요.")
    return _with_policies(connection, rows)[0]


def page(connection: Connection, user_id: UUID, *, status: SavedStatus | None, cursor: str | None, limit: int) -> Page:
    """A page of the user's saved policies.

    Raises:
        InvalidInput: `cursor` is not one of this list.
    """
    query = _SELECT
    parameters: dict[str, Any] = {"user_id": user_id, "status": status, "rows": limit + 1}
    if status:
        query += " AND u.status = %(status)s"
    if cursor:
        parameters["created_at"], parameters["id"] = cursors.decode(cursor, _after)
        query += " AND (u.created_at, u.id) < (%(created_at)s, %(id)s)"
    rows = connection.execute(query + " ORDER BY u.created_at DESC, u.id DESC LIMIT %(rows)s", parameters).fetchall()
    shown = rows[:limit]
    more = len(rows) > limit
    next_cursor = cursors.encode([shown[-1]["created_at"], shown[-1]["id"]]) if more else None
    return Page(_with_policies(connection, shown), next_cursor)


def all_of(connection: Connection, user_id: UUID) -> tuple[Saved, ...]:
    """Everything the user saved."""
    return _with_policies(connection, connection.execute(_SELECT, {"user_id": user_id}).fetchall())


def update(connection: Connection, user_id: UUID, saved_id: UUID, changes: Mapping[str, Any]) -> None:
    """Set columns of a saved policy (fields of `UserPolicyChange`).

    Raises:
        NotFound: it does not exist or is somebody else's.
    """
    settings = sql.SQL("").join(
        sql.SQL("{} = {}, ").format(sql.Identifier(column), sql.Placeholder(column)) for column in changes
    )
    result = connection.execute(
        sql.SQL(
            "UPDATE user_policies SET {}updated_at = now() WHERE id = %(saved_id)s AND user_id = %(user_id)s"
        ).format(settings),
        {**changes, "saved_id": saved_id, "user_id": user_id},
    )
    if result.rowcount == 0:
        raise NotFound("저장한 정책을 찾을 수 없어요.")


def delete(connection: Connection, user_id: UUID, saved_id: UUID) -> None:
    """Forget a saved policy and its progress.

    Raises:
        NotFound: it does not exist or is somebody else's.
    """
    result = connection.execute("DELETE FROM user_policies WHERE id = %s AND user_id = %s", [saved_id, user_id])
    if result.rowcount == 0:
        raise NotFound("저장한 정책을 찾을 수 없어요.")


def documents(connection: Connection, user_id: UUID, saved_id: UUID) -> tuple[DocumentState, ...]:
    """The policy's documents in the record's order, those it no longer lists last and only if ticked or noted.

    Raises:
        NotFound: the saved policy does not exist or is somebody else's.
    """
    _require(connection, user_id, saved_id)
    rows = connection.execute(
        """
        SELECT d.id AS document_id, d.name, d.note AS description, d.required, d.current,
               coalesce(g.done, false) AS done, coalesce(g.note, '') AS note
          FROM user_policies u
          JOIN required_documents d ON d.policy_id = u.policy_id
          LEFT JOIN document_progress g ON g.document_id = d.id AND g.user_policy_id = u.id
         WHERE u.id = %s AND (d.current OR g.done OR g.note <> '')
         ORDER BY NOT d.current, d.position, d.id
        """,
        [saved_id],
    )
    return tuple(DocumentState.model_validate(row) for row in rows)


def tick(connection: Connection, user_id: UUID, saved_id: UUID, ticks: Sequence[DocumentTick]) -> None:
    """Store ticks and notes of documents.

    Raises:
        NotFound: the saved policy does not exist or is somebody else's.
        InvalidInput: a document is not one of this policy's.
    """
    policy_id = _require(connection, user_id, saved_id)
    # KEY SHARE: the ETL must not delete a document between this look and the insert.
    rows = connection.execute("SELECT id FROM required_documents WHERE policy_id = %s FOR KEY SHARE", [policy_id])
    known = {row["id"] for row in rows}
    unknown = {
        f"documents.{n}.document_id": "이 정책의 서류가 아니에요. 서류 목록을 다시 불러와 주세요."
        for n, one in enumerate(ticks)
        if one.document_id not in known
    }
    if unknown:
        raise InvalidInput(details={"fields": unknown})
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO document_progress (user_policy_id, document_id, done, note)
            VALUES (%(saved_id)s, %(document_id)s, %(done)s, %(note)s)
            ON CONFLICT (user_policy_id, document_id) DO UPDATE
               SET done = excluded.done, updated_at = now(),
                   note = CASE WHEN %(noted)s THEN excluded.note ELSE document_progress.note END
            """,
            [one.model_dump() | {"saved_id": saved_id, "noted": "note" in one.model_fields_set} for one in ticks],
        )


def _require(connection: Connection, user_id: UUID, saved_id: UUID) -> str:
    """Id of the saved policy's policy."""
    row = connection.execute(
        "SELECT policy_id FROM user_policies WHERE id = %s AND user_id = %s", [saved_id, user_id]
    ).fetchone()
    if row is None:
        raise NotFound("저장한 정책을 찾을 수 없어요.")
    policy_id: str = row["policy_id"]
    return policy_id


def _with_policies(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> tuple[Saved, ...]:
    found = connection.execute(
        sql.SQL("SELECT {} FROM youth_policies p WHERE p.id = ANY(%s)").format(SELECTED),
        [[row["policy_id"] for row in rows]],
    )
    policies = {row["id"]: from_row(row) for row in found}
    return tuple(Saved(row, policies[row["policy_id"]]) for row in rows)
