"""Open WebSockets: who is behind each."""

from uuid import UUID

from finq.database import Connection
from finq.errors import Unauthorized


def add(connection: Connection, connection_id: str, user_id: UUID) -> None:
    """Remember a new connection, and forget the user's that API Gateway must have closed: it allows two hours."""
    connection.execute(
        "DELETE FROM connections WHERE user_id = %s AND connected_at < now() - interval '2 hours'", (user_id,)
    )
    connection.execute(
        """INSERT INTO connections (id, user_id) VALUES (%s, %s)
           ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, connected_at = now()""",
        (connection_id, user_id),
    )


def remove(connection: Connection, connection_id: str) -> None:
    """Forget a connection."""
    connection.execute("DELETE FROM connections WHERE id = %s", (connection_id,))


def owner(connection: Connection, connection_id: str) -> UUID:
    """Who opened the connection.

    Raises:
        Unauthorized: nobody known did.
    """
    row = connection.execute("SELECT user_id FROM connections WHERE id = %s", (connection_id,)).fetchone()
    if row is None:
        raise Unauthorized
    user_id: UUID = row["user_id"]
    return user_id
