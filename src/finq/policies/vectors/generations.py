"""Which vectors searches read. Every function takes a connection inside a transaction.

A generation is the vectors of one embedding model, in pgvector and, where there is one, in a Milvus collection
of its own. The loader builds one beside the active one, and switches when it is whole.
"""

from collections.abc import Sequence
from datetime import timedelta

from finq.database import Connection
from finq.policies.vectors.port import Generation

# Longer than any search that read the old generation's name may go on: what Lambda gives a chatbot, and a bit.
GRACE = timedelta(minutes=20)


def active(connection: Connection) -> Generation | None:
    """What searches read; None before the first load."""
    row = connection.execute("SELECT model_id, collection FROM index_generations WHERE state = 'active'").fetchone()
    return Generation(row["model_id"], row["collection"]) if row else None


def begin(connection: Connection, generation: Generation) -> None:
    """Keep what is being built from being taken for a leftover; what was being built before it is one."""
    connection.execute(
        "DELETE FROM index_generations WHERE state = 'building' AND (model_id, collection) <> (%s, %s)",
        [generation.model_id, generation.collection],
    )
    connection.execute(
        "INSERT INTO index_generations (model_id, collection, state) VALUES (%s, %s, 'building')"
        " ON CONFLICT (model_id, collection) DO UPDATE SET (state, changed_at) = ('building', now())"
        " WHERE index_generations.state = 'retired'",
        [generation.model_id, generation.collection],
    )


def switch(connection: Connection, generation: Generation) -> None:
    """Searches that begin from now on read this one, which must be whole."""
    connection.execute(
        "UPDATE index_generations SET (state, changed_at) = ('retired', now())"
        " WHERE state = 'active' AND (model_id, collection) <> (%s, %s)",
        [generation.model_id, generation.collection],
    )
    connection.execute(
        "INSERT INTO index_generations (model_id, collection, state) VALUES (%s, %s, 'active')"
        " ON CONFLICT (model_id, collection) DO UPDATE SET (state, changed_at) = ('active', now())"
        " WHERE index_generations.state <> 'active'",
        [generation.model_id, generation.collection],
    )


def in_use(connection: Connection, grace: timedelta = GRACE) -> list[Generation]:
    """The active one, what is being built, and those that a search may still be reading."""
    rows = connection.execute(
        "SELECT model_id, collection FROM index_generations"
        " WHERE state <> 'retired' OR changed_at > now() - %s ORDER BY model_id, collection",
        [grace],
    )
    return [Generation(row["model_id"], row["collection"]) for row in rows]


def forget_others(connection: Connection, kept: Sequence[Generation]) -> None:
    """Drop every other generation's row."""
    connection.execute(
        "DELETE FROM index_generations g WHERE NOT EXISTS ("
        "SELECT FROM unnest(%s::text[], %s::text[]) AS k (model_id, collection)"
        " WHERE (k.model_id, k.collection) = (g.model_id, g.collection))",
        [[g.model_id for g in kept], [g.collection for g in kept]],
    )
