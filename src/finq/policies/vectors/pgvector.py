"""pgvector: vectors beside the policies, so filters are exact and see every change at once.

`policy_vectors` holds the vectors of every model in use, and one partial HNSW index for each.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from finq.database import Connection, Database
from finq.errors import ServiceUnavailable
from finq.policies.filters import PolicyFilter, conditions
from finq.policies.vectors import question_means
from finq.policies.vectors.pgvector_types import Vector, read_vector, register
from finq.policies.vectors.port import Match, QueryVector, VectorEntry, VectorStoreUnavailable

_EF_SEARCH = 1_000  # the most pgvector takes; at 4,000 policies, 200 loses a few behind narrow filters, 400 none
_MOST_SCANNED = 100_000  # rows that the index may offer before it gives up, whatever the filter leaves of them
_READ_WHOLE_BYTES = 4 << 20  # of policy_limits, 20,000 policies: up to there, filtering and then comparing costs less
_SIZE_KNOWN_SECONDS = 600.0  # it changes once a day, and either way finds the same
_ROWS_PER_DELETE = 5_000
_BUILD_KB_PER_ROW = 6
_MOST_BUILD_MB = 1_024

_UPSERT = """
INSERT INTO policy_vectors (policy_id, embedding, model_id, text_hash)
VALUES (%s, %b::vector, %s, %s)
ON CONFLICT (model_id, policy_id) DO UPDATE
SET (embedding, text_hash, updated_at) = (excluded.embedding, excluded.text_hash, now())
"""
# As in the migrations. Building it over 4,000 rows takes a second, inserting them one by one with it 20.
_CREATE_INDEX = sql.SQL("""
CREATE INDEX IF NOT EXISTS {index} ON policy_vectors USING hnsw (embedding vector_cosine_ops)
WITH (m = 16, ef_construction = 64) WHERE model_id = {model}
""")
# A graph that outgrows its memory is finished on disk, many times slower. What the server allows anyway is not cut.
_BUILD_MEMORY = """
SELECT set_config('maintenance_work_mem', greatest(allowed, least(%s, rows * %s / 1024)) || 'MB', true)
FROM (SELECT count(*) AS rows FROM policy_vectors WHERE model_id = %s) AS counted,
     (SELECT pg_size_bytes(current_setting('maintenance_work_mem')) / 1048576 AS allowed) AS server
"""
# The model is a literal: only then does PostgreSQL see, in every plan, that the partial index serves.
_BY_GRAPH = sql.SQL("""
SELECT v.policy_id, 1 - (v.embedding <=> %(vector)b::vector) AS score
FROM policy_vectors v JOIN policy_limits l ON l.policy_id = v.policy_id
WHERE v.model_id = {model} AND {conditions}
ORDER BY v.embedding <=> %(vector)b::vector LIMIT %(limit)s
""")
_BY_FILTER = sql.SQL("""
WITH passing AS MATERIALIZED (
    SELECT v.policy_id, v.embedding <=> %(vector)b::vector AS distance
    FROM policy_limits l JOIN policy_vectors v ON v.policy_id = l.policy_id
    WHERE v.model_id = {model} AND {conditions}
)
SELECT policy_id, 1 - distance AS score FROM passing ORDER BY distance, policy_id LIMIT %(limit)s
""")
_SETTINGS = """
SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', %s, true),
       set_config('hnsw.max_scan_tuples', %s, true), set_config('enable_seqscan', 'off', true)
"""
_SIZE = "SELECT pg_relation_size('policy_limits') AS bytes"

_DELETE = sql.SQL("""
DELETE FROM policy_vectors WHERE (model_id, policy_id) IN (SELECT v.model_id, v.policy_id FROM policy_vectors v {which})
""")


class PgVectorStore:
    """`policy_vectors`. Written by the loader in every setup; searched where Milvus is not to be had."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._large = False
        self._size_known_until = 0.0

    def upsert(self, entries: Sequence[VectorEntry]) -> None:
        """Write entries; their policies must be stored already."""
        rows = [(e.policy.id, Vector(e.embedding), e.model_id, e.text_hash) for e in entries]
        with self._database.transaction() as connection, connection.cursor() as cursor:
            register(cursor)
            cursor.executemany(_UPSERT, rows)

    def search(self, query: QueryVector, policy_filter: PolicyFilter, limit: int) -> list[Match]:
        """Nearest policies that pass the filter, exactly, best first.

        Raises:
            VectorStoreUnavailable: PostgreSQL does not answer, or holds vectors of other dimensions.
        """
        where, parameters = conditions(policy_filter)
        parts = {"model": sql.Literal(query.generation.model_id), "conditions": where}
        parameters |= {"vector": Vector(query.values), "limit": limit}
        try:
            rows = self._by_graph(_BY_GRAPH.format(**parts), parameters) if self._is_large() else []
            if len(rows) < limit:
                # The graph may not reach every vector; few pass such a filter, so comparing all of them is cheap.
                rows = self._database.read(partial(_fetch, _BY_FILTER.format(**parts), parameters))
        except (ServiceUnavailable, psycopg.Error) as error:
            raise VectorStoreUnavailable("pgvector search failed") from error
        return [Match(row["policy_id"], row["score"]) for row in rows]

    def _by_graph(self, statement: sql.Composed, parameters: Mapping[str, Any]) -> list[DictRow]:
        with self._database.transaction() as connection:
            connection.execute(_SETTINGS, [str(_EF_SEARCH), str(_MOST_SCANNED)])
            return _fetch(statement, parameters, connection)

    def _is_large(self) -> bool:
        # Wall-clock time, since a frozen Lambda's other clocks may stand still.
        if time.time() >= self._size_known_until:
            size = self._database.read(lambda connection: connection.execute(_SIZE).fetchone())
            self._large = size is not None and size["bytes"] > _READ_WHOLE_BYTES
            self._size_known_until = time.time() + _SIZE_KNOWN_SECONDS
        return self._large

    def drop_index(self, model_id: str) -> None:
        """Before most rows are written. Until `ensure_index`, searches look at every row."""
        with self._database.transaction() as connection:
            connection.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(sql.Identifier(index_name(model_id))))

    def ensure_index(self, model_id: str) -> None:
        """Build the model's index unless it is there, and count the rows that searches join.

        Until autovacuum has counted newly loaded rows, which may take minutes, the planner takes them for a few and
        joins from the wrong side: four times the milliseconds.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "ANALYZE policy_vectors (model_id, policy_id), policy_limits, youth_policies (id, withdrawn_at)"
            )
            connection.execute(_BUILD_MEMORY, [_MOST_BUILD_MB, _BUILD_KB_PER_ROW, model_id])
            connection.execute("SET LOCAL statement_timeout = 0")
            connection.execute(
                _CREATE_INDEX.format(index=sql.Identifier(index_name(model_id)), model=sql.Literal(model_id))
            )

    def has_index(self, model_id: str) -> bool:
        """Whether searches among the vectors of `model_id` have an index."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid", [index_name(model_id)]
            ).fetchone()
            return row is not None

    def text_hashes(self, model_id: str) -> dict[str, str]:
        """Hash of the embedded text by policy id, of every vector that `model_id` made."""
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT policy_id, text_hash FROM policy_vectors WHERE model_id = %s", [model_id])
            return {row["policy_id"]: row["text_hash"] for row in rows}

    def embeddings(self, model_id: str, policy_ids: Sequence[str]) -> dict[str, Sequence[float]]:
        """Stored vectors by policy id, of those that `model_id` made."""
        with self._database.transaction() as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(
                "SELECT policy_id, embedding FROM policy_vectors WHERE model_id = %s AND policy_id = ANY(%s)",
                [model_id, list(policy_ids)],
            )
            return {row["policy_id"]: read_vector(row["embedding"]) for row in cursor}

    def models(self) -> set[str]:
        """Ids of the models whose vectors or index are here."""
        with self._database.transaction() as connection:
            # Without DISTINCT over all rows, which at a million of them takes seconds.
            rows = connection.execute("""
                WITH RECURSIVE found AS (
                    (SELECT min(model_id) AS model_id FROM policy_vectors)
                    UNION ALL
                    SELECT (SELECT min(model_id) FROM policy_vectors v WHERE v.model_id > found.model_id)
                    FROM found WHERE found.model_id IS NOT NULL
                )
                SELECT model_id FROM found WHERE model_id IS NOT NULL
            """)
            return {row["model_id"] for row in rows}

    def forget_withdrawn(self) -> int:
        """Delete the vectors of withdrawn policies; how many."""
        return self._delete(
            "JOIN youth_policies p ON p.id = v.policy_id WHERE p.withdrawn_at IS NOT NULL LIMIT %(rows)s", {}
        )

    def forget_model(self, model_id: str) -> int:
        """Delete every vector that `model_id` made, its index and its mean question; how many vectors."""
        self.drop_index(model_id)
        with self._database.transaction() as connection:
            question_means.forget(connection, model_id)
        return self._delete("WHERE v.model_id = %(model)s LIMIT %(rows)s", {"model": model_id})

    def _delete(self, which: LiteralString, parameters: dict[str, str]) -> int:
        statement = _DELETE.format(which=sql.SQL(which))
        deleted = 0
        while True:  # in transactions that no timeout ends
            with self._database.transaction() as connection:
                rows = connection.execute(statement, parameters | {"rows": _ROWS_PER_DELETE}).rowcount
            deleted += rows
            if rows < _ROWS_PER_DELETE:
                return deleted


def _fetch(statement: sql.Composed, parameters: Mapping[str, Any], connection: Connection) -> list[DictRow]:
    with connection.cursor() as cursor:
        register(cursor)
        return cursor.execute(statement, parameters).fetchall()


def index_name(model_id: str) -> str:
    """Name of the HNSW index over the vectors of one model; migration 0006 says the same."""
    return f"policy_vectors_hnsw_{hashlib.sha256(model_id.encode()).hexdigest()[:12]}"
