"""Policies in PostgreSQL. Every function takes a connection inside a transaction (`Database.transaction`)."""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

from psycopg import sql

from finq.database import Connection
from finq.errors import NotFound
from finq.policies.model import Policy
from finq.policies.rows import COLUMNS, SELECTED, WITH_NATIVE, Hashes, Row, from_row, to_row

_WRITTEN = (*COLUMNS, "sido_codes", "application_dates", "content_hash", "text_hash", "limits_hash")

# One statement a batch, its rows as JSON: half the processor time of a statement a row.
_UPSERT = sql.SQL("""
INSERT INTO youth_policies ({written})
SELECT {columns}, ARRAY(SELECT DISTINCT left(code, 2) FROM unnest(p.region_codes) AS code ORDER BY 1),
       i.dates::datemultirange, i.content, i.text, i.limits
FROM ROWS FROM (
    json_array_elements(%(documents)s::json),
    unnest(%(dates)s::text[]), unnest(%(content)s::text[]), unnest(%(text)s::text[]), unnest(%(limits)s::text[])
) AS i (document, dates, content, text, limits),
json_populate_record(NULL::youth_policies, i.document) AS p
ON CONFLICT (id) DO UPDATE SET ({written}, withdrawn_at, updated_at) = ROW ({excluded}, NULL, now())
""").format(
    written=sql.SQL(", ").join(map(sql.Identifier, _WRITTEN)),
    columns=sql.SQL(", ").join(sql.Identifier("p", name) for name in COLUMNS),
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


def _select(columns: sql.Composable, where: LiteralString) -> bytes:
    # As bytes, since psycopg would compose the fifty names anew for each search.
    return sql.SQL("SELECT {} FROM youth_policies p WHERE {}").format(columns, sql.SQL(where)).as_bytes()


_SELECT_ONE = _select(SELECTED, "p.id = %s")
_SELECT_MANY = _select(SELECTED, "p.id = ANY(%s) AND p.withdrawn_at IS NULL")
_SELECT_MANY_NATIVE = _select(WITH_NATIVE, "p.id = ANY(%s) AND p.withdrawn_at IS NULL")


def upsert(connection: Connection, policies: Sequence[Policy]) -> None:
    """Write policies with their documents; one that was withdrawn is back."""
    write(connection, [to_row(policy) for policy in policies])


def write(connection: Connection, rows: Sequence[Row]) -> None:
    """`upsert`, of rows made before."""
    if not rows:
        return
    connection.execute(
        _UPSERT,
        {
            "documents": f"[{','.join(row.document for row in rows)}]",
            "dates": [row.dates for row in rows],
            "content": [row.hashes.content for row in rows],
            "text": [row.hashes.text for row in rows],
            "limits": [row.hashes.limits for row in rows],
        },
    )
    policies = [row.policy for row in rows]
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
    """One policy, withdrawn or not: people keep what they saved. Without its native record.

    Raises:
        NotFound: there is none of that id.
    """
    row = connection.execute(_SELECT_ONE, [policy_id]).fetchone()
    if row is None:
        raise NotFound("정책을 찾을 수 없어요.")
    return from_row(row)


def get_many(connection: Connection, policy_ids: Iterable[str], *, native: bool = False) -> dict[str, Policy]:
    """Policies by id, without those that do not exist or are withdrawn; their native records only if asked for."""
    rows = connection.execute(_SELECT_MANY_NATIVE if native else _SELECT_MANY, [list(policy_ids)])
    return {row["id"]: from_row(row) for row in rows}


def stored_hashes(connection: Connection) -> dict[str, Hashes]:
    """Hashes by id, of every policy that is not withdrawn."""
    rows = connection.execute(
        "SELECT id, content_hash, text_hash, limits_hash FROM youth_policies WHERE withdrawn_at IS NULL"
    )
    return {row["id"]: Hashes(row["content_hash"], row["text_hash"], row["limits_hash"]) for row in rows}
