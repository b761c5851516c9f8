"""finkurn-check-pgvector: what PostgreSQL and pgvector are like right now."""

from typing import Any

from finq.database import database
from finq.observability import logger

_OLDEST_SAFE = (0, 8, 2)  # older ones have CVE-2026-3172

_SERVER = """
SELECT current_setting('server_version') AS server,
       (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS installed,
       (SELECT default_version FROM pg_available_extensions WHERE name = 'vector') AS available,
       to_regclass('policy_vectors') IS NOT NULL AS has_schema
"""
_INDEXES = """
SELECT c.relname AS name, m.amname AS method, pg_get_indexdef(i.indexrelid) AS definition, i.indisvalid AS valid,
       pg_relation_size(i.indexrelid) AS bytes
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid = 'policy_vectors'::regclass ORDER BY c.relname
"""
_ROWS = """
SELECT (SELECT count(*) FROM youth_policies WHERE withdrawn_at IS NULL) AS policies,
       (SELECT count(*) FROM youth_policies WHERE withdrawn_at IS NOT NULL) AS withdrawn,
       (SELECT count(*) FROM policy_vectors) AS vectors
"""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"postgresql", "extension": {"installed", "available", "safe"}, "indexes": [...], "rows": {...} | None}`.

    `indexes` and `rows` are empty and None before the migrations.

    Raises:
        ServiceUnavailable: PostgreSQL cannot be reached.
    """
    with database.transaction() as connection:
        server = connection.execute(_SERVER).fetchone() or {}
        indexes = connection.execute(_INDEXES).fetchall() if server["has_schema"] else []
        rows = connection.execute(_ROWS).fetchone() if server["has_schema"] else None
    installed = server["installed"]
    safe = installed is not None and tuple(map(int, installed.split("."))) >= _OLDEST_SAFE
    return {
        "postgresql": server["server"],
        "extension": {"installed": installed, "available": server["available"], "safe": safe},
        "indexes": indexes,
        "rows": rows,
    }
