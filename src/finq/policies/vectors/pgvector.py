"""pgvector: vectors beside the policies, so filters are exact and see every change at once."""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from finq.database import Database
from finq.errors import ServiceUnavailable
from finq.policies.filters import PolicyFilter, conditions
from finq.policies.vectors.pgvector_types import Vector, read_vector, register
from finq.policies.vectors.port import Match, VectorEntry, VectorStoreUnavailable

_EF_SEARCH = 1_000  # the most pgvector takes; at 4,000 policies, 200 loses a few behind narrow filters, 400 none
_MOST_SCANNED = 100_000  # rows that the index may offer before it gives up, whatever the filter leaves of them

_UPSERT = """
INSERT INTO policy_vectors (policy_id, embedding, model_id, text_hash)
VALUES (%s, %b::vector, %s, %s)
ON CONFLICT (policy_id) DO UPDATE
SET (embedding, model_id, text_hash, updated_at) = (excluded.embedding, excluded.model_id, excluded.text_hash, now())
"""
# As in the migrations. Building it over 4,000 rows takes a second, inserting them one by one with it 20.
_CREATE_INDEX = """
CREATE INDEX IF NOT EXISTS policy_vectors_hnsw ON policy_vectors USING hnsw (embedding vector_cosine_ops)
WITH (m = 16, ef_construction = 64)
"""
_NEAREST = sql.SQL("""
SELECT v.policy_id, 1 - (v.embedding <=> %(vector)b::vector) AS score
FROM policy_vectors v JOIN youth_policies p ON p.id = v.policy_id
WHERE {conditions}
ORDER BY v.embedding <=> %(vector)b::vector LIMIT %(limit)s
""")


class PgVectorStore:
    """`policy_vectors`. Written by the loader in every setup; searched where Milvus is not to be had."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(self, entries: Sequence[VectorEntry]) -> None:
        """Write entries; their policies must be stored already."""
        rows = [(e.policy.id, Vector(e.embedding), e.model_id, e.text_hash) for e in entries]
        with self._database.transaction() as connection, connection.cursor() as cursor:
            register(cursor)
            cursor.executemany(_UPSERT, rows)

    def delete(self, policy_ids: Sequence[str]) -> None:
        """Forget entries."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM policy_vectors WHERE policy_id = ANY(%s)", [list(policy_ids)])

    def search(self, vector: Sequence[float], policy_filter: PolicyFilter, limit: int) -> list[Match]:
        """Nearest policies that pass the filter, exactly, best first.

        Raises:
            VectorStoreUnavailable: PostgreSQL does not answer, or holds vectors of other dimensions.
        """
        where, parameters = conditions(policy_filter)
        query = _NEAREST.format(conditions=where)
        parameters |= {"vector": Vector(vector), "limit": limit}
        try:
            with self._database.transaction() as connection, connection.cursor() as cursor:
                register(cursor)
                cursor.execute(
                    "SELECT set_config('hnsw.iterative_scan', 'strict_order', true),"
                    " set_config('hnsw.ef_search', %s, true), set_config('hnsw.max_scan_tuples', %s, true)",
                    [str(_EF_SEARCH), str(_MOST_SCANNED)],
                )
                rows = cursor.execute(query, parameters).fetchall()
                if len(rows) < limit:
                    # The graph may not reach every vector; few pass such a filter, so looking at all is cheap.
                    cursor.execute("SET LOCAL enable_indexscan = off")
                    rows = cursor.execute(query, parameters).fetchall()
        except (ServiceUnavailable, psycopg.Error) as error:
            raise VectorStoreUnavailable("pgvector search failed") from error
        return [Match(row["policy_id"], row["score"]) for row in rows]

    def drop_index(self) -> None:
        """Before most rows are written. Until `ensure_index`, searches look at every row."""
        with self._database.transaction() as connection:
            connection.execute("DROP INDEX IF EXISTS policy_vectors_hnsw")

    def ensure_index(self) -> None:
        """Build the index unless it is there."""
        with self._database.transaction() as connection:
            connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
            connection.execute("SET LOCAL statement_timeout = 0")
            connection.execute(_CREATE_INDEX)

    def text_hashes(self, model_id: str) -> dict[str, str]:
        """Hash of the embedded text by policy id, of every vector that `model_id` made."""
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT policy_id, text_hash FROM policy_vectors WHERE model_id = %s", [model_id])
            return {row["policy_id"]: row["text_hash"] for row in rows}

    def embeddings(self, policy_ids: Sequence[str]) -> dict[str, list[float]]:
        """Stored vectors by policy id."""
        with self._database.transaction() as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(
                "SELECT policy_id, embedding FROM policy_vectors WHERE policy_id = ANY(%s)", [list(policy_ids)]
            )
            return {row["policy_id"]: read_vector(row["embedding"]) for row in cursor}
