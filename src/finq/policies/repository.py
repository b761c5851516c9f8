"""Policies in PostgreSQL. Every function takes a connection inside a transaction (`Database.transaction`)."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import sql

from finq.database import Connection
from finq.errors import NotFound
from finq.policies.model import Policy
from finq.policies.rows import COLUMNS, SELECTED, Hashes, from_row, hashes_of, to_row

_DERIVED = ("content_hash", "text_hash", "limits_hash")
_WRITTEN = (*COLUMNS, *_DERIVED)
# Written as text by `to_row`.
_CASTS = {"application_dates": "::datemultirange"}

_UPSERT = sql.SQL(
    "INSERT INTO youth_policies ({columns}) VALUES ({values})"
    " ON CONFLICT (id) DO UPDATE SET ({columns}, withdrawn_at, updated_at) = ROW ({excluded}, NULL, now())"
).format(
    columns=sql.SQL(", ").join(map(sql.Identifier, _WRITTEN)),
    values=sql.SQL(", ").join(sql.Placeholder(name) + sql.SQL(_CASTS.get(name, "")) for name in _WRITTEN),
    excluded=sql.SQL(", ").join(sql.Identifier("excluded", name) for name in _WRITTEN),
)

# Ids stay the same for the same name, since people's progress hangs on them.
_UPSERT_DOCUMENTS = sql.SQL("""
INSERT INTO required_documents (policy_id, position, name, note, required)
SELECT * FROM unnest(%(policies)s::text[], %(positions)s::smallint[], %(names)s::text[], %(notes)s::text[],
                     %(required)s::boolean[])
ON CONFLICT (policy_id, name) DO UPDATE
SET position = excluded.position, note = excluded.note, required = excluded.required, current = true
WHERE (required_documents.position, required_documents.note, required_documents.required, required_documents.current)
      IS DISTINCT FROM (excluded.position, excluded.note, excluded.required, true)
""")
_VANISHED = sql.SQL("""
d.policy_id = ANY(%(written)s) AND NOT EXISTS (
    SELECT FROM unnest(%(policies)s::text[], %(names)s::text[]) AS listed (policy_id, name)
    WHERE listed.policy_id = d.policy_id AND listed.name = d.name)
""")
_IN_PROGRESS = sql.SQL("EXISTS (SELECT FROM document_progress WHERE document_id = d.id)")
_DELETE_DOCUMENTS = sql.SQL("DELETE FROM required_documents d WHERE {} AND NOT {}").format(_VANISHED, _IN_PROGRESS)
_RETIRE_DOCUMENTS = sql.SQL("UPDATE required_documents d SET current = false WHERE d.current AND {} AND {}").format(
    _VANISHED, _IN_PROGRESS
)

_SELECT = sql.SQL("SELECT {} FROM youth_policies p ").format(SELECTED)


def upsert(connection: Connection, policies: Sequence[Policy]) -> None:
    """Write policies with their documents; one that was withdrawn is back."""
    if not policies:
        return
    rows = []
    for policy in policies:
        hashes = hashes_of(policy)
        derived = {"content_hash": hashes.content, "text_hash": hashes.text, "limits_hash": hashes.limits}
        rows.append(to_row(policy) | derived)
    with connection.cursor() as cursor:
        cursor.executemany(_UPSERT, rows)
    listed = [(policy.id, n, document) for policy in policies for n, document in enumerate(policy.documents)]
    parameters: dict[str, Any] = {
        "written": [policy.id for policy in policies],
        "policies": [policy_id for policy_id, _, _ in listed],
        "positions": [position for _, position, _ in listed],
        "names": [document.name for _, _, document in listed],
        "notes": [document.note for _, _, document in listed],
        "required": [document.required for _, _, document in listed],
    }
    for statement in (_UPSERT_DOCUMENTS, _DELETE_DOCUMENTS, _RETIRE_DOCUMENTS):
        connection.execute(statement, parameters)


def withdraw(connection: Connection, policy_ids: Sequence[str]) -> int:
    """Mark policies as vanished from the source; how many were not yet."""
    cursor = connection.execute(
        "UPDATE youth_policies SET withdrawn_at = now(), updated_at = now()"
        " WHERE id = ANY(%s) AND withdrawn_at IS NULL",
        [list(policy_ids)],
    )
    return cursor.rowcount


def get(connection: Connection, policy_id: str) -> Policy:
    """One policy, withdrawn or not: people keep what they saved.

    Raises:
        NotFound: there is none of that id.
    """
    row = connection.execute(_SELECT + sql.SQL("WHERE p.id = %s"), [policy_id]).fetchone()
    if row is None:
        raise NotFound("정책을 찾을 수 없어요.")
    return from_row(row)


def get_many(connection: Connection, policy_ids: Iterable[str]) -> dict[str, Policy]:
    """Policies by id, without those that do not exist or are withdrawn."""
    rows = connection.execute(
        _SELECT + sql.SQL("WHERE p.id = ANY(%s) AND p.withdrawn_at IS NULL"),
        [list(policy_ids)],
    )
    return {row["id"]: from_row(row) for row in rows}


def stored_hashes(connection: Connection) -> dict[str, Hashes]:
    """Hashes by id, of every policy that is not withdrawn."""
    rows = connection.execute(
        "SELECT id, content_hash, text_hash, limits_hash FROM youth_policies WHERE withdrawn_at IS NULL"
    )
    return {row["id"]: Hashes(row["content_hash"], row["text_hash"], row["limits_hash"]) for row in rows}
