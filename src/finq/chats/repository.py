"""Chats, their messages and what users thought of the answers. Somebody else's is not found."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from finq import cursor as cursors
from finq.database import Connection
from finq.errors import NotFound
from finq.policies.card import PolicyCard

TITLE_CHARS = 30


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Chat(_Model):
    """A conversation. `title` is empty until the first question."""

    id: UUID
    title: str
    created_at: datetime
    updated_at: datetime


class Message(_Model):
    """A question or an answer. `feedback` is the owner's rating of it, `usage` its tokens."""

    id: UUID
    chat_id: UUID
    role: Literal["user", "assistant"]
    content: str
    sources: tuple[PolicyCard, ...]
    model: str | None
    usage: dict[str, int]
    feedback: Literal[-1, 1] | None
    created_at: datetime


class Feedback(_Model):
    """What the owner thought of an answer."""

    message_id: UUID
    rating: Literal[-1, 1]
    comment: str


_CHATS_AFTER = TypeAdapter(tuple[datetime, UUID])
_MESSAGES_BEFORE = TypeAdapter(tuple[Annotated[int, Field(ge=0, lt=2**63)]])
_CHAT = "id, title, created_at, updated_at"
_MESSAGE = "m.id, m.chat_id, m.role, m.content, m.sources, m.model, m.usage, f.rating AS feedback, m.created_at"


def one(cursor: Cursor[DictRow]) -> DictRow:
    """The only row.

    Raises:
        NotFound: there is none.
    """
    row = cursor.fetchone()
    if row is None:
        raise NotFound
    return row


def title_from(text: str) -> str:
    """A chat's title from its first question: its first words, one line, up to 30 characters."""
    line = " ".join(text.split())
    if len(line) <= TITLE_CHARS:
        return line
    words = line[:TITLE_CHARS].rsplit(" ", 1)[0]
    return words + "…"


def create_chat(connection: Connection, user_id: UUID, title: str = "") -> Chat:
    """A new chat of the user."""
    row = one(
        connection.execute(
            f"INSERT INTO chats (user_id, title) VALUES (%s, %s) RETURNING {_CHAT}",  # noqa: S608 -- constant
            (user_id, title),
        )
    )
    return Chat.model_validate(row)


def get_chat(connection: Connection, user_id: UUID, chat_id: UUID) -> Chat:
    """The user's chat.

    Raises:
        NotFound
    """
    row = one(
        connection.execute(
            f"SELECT {_CHAT} FROM chats WHERE id = %s AND user_id = %s",  # noqa: S608 -- constant
            (chat_id, user_id),
        )
    )
    return Chat.model_validate(row)


def list_chats(
    connection: Connection, user_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[Chat], str | None]:
    """A page of the user's chats, last used first, and the cursor of the next page.

    Raises:
        InvalidInput: the cursor is not one of ours.
    """
    updated_at, chat_id = cursors.decode(cursor, _CHATS_AFTER) if cursor else (None, None)
    rows = connection.execute(
        f"""SELECT {_CHAT} FROM chats
            WHERE user_id = %(user)s
              AND (%(at)s::timestamptz IS NULL OR updated_at < %(at)s OR updated_at = %(at)s AND id > %(id)s)
            ORDER BY updated_at DESC, id LIMIT %(limit)s""",  # noqa: S608 -- constant
        {"user": user_id, "at": updated_at, "id": chat_id, "limit": limit + 1},
    ).fetchall()
    chats = [Chat.model_validate(row) for row in rows[:limit]]
    more = len(rows) > limit
    return chats, cursors.encode([chats[-1].updated_at, chats[-1].id]) if more else None


def rename_chat(connection: Connection, user_id: UUID, chat_id: UUID, title: str) -> Chat:
    """Give the user's chat another title.

    Raises:
        NotFound
    """
    row = one(
        connection.execute(
            f"UPDATE chats SET title = %s WHERE id = %s AND user_id = %s RETURNING {_CHAT}",  # noqa: S608 -- constant
            (title, chat_id, user_id),
        )
    )
    return Chat.model_validate(row)


def delete_chat(connection: Connection, user_id: UUID, chat_id: UUID) -> None:
    """Delete the user's chat with its messages; an answer being written for it ends.

    Raises:
        NotFound
    """
    one(connection.execute("DELETE FROM chats WHERE id = %s AND user_id = %s RETURNING id", (chat_id, user_id)))


def touch_chat(connection: Connection, user_id: UUID, chat_id: UUID, *, title_if_none: str = "") -> None:
    """Lock the user's chat and mark it as just used; an untitled one gets `title_if_none`.

    Raises:
        NotFound
    """
    one(
        connection.execute(
            """UPDATE chats SET updated_at = now(), title = coalesce(nullif(title, ''), %s)
               WHERE id = %s AND user_id = %s RETURNING id""",
            (title_if_none, chat_id, user_id),
        )
    )


def list_messages(
    connection: Connection, user_id: UUID, chat_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[Message], str | None]:
    """A page of the chat's messages, the newest page first but oldest first within it, and the cursor to older ones.

    Raises:
        NotFound: no such chat of the user.
        InvalidInput: the cursor is not one of ours.
    """
    get_chat(connection, user_id, chat_id)
    (before,) = cursors.decode(cursor, _MESSAGES_BEFORE) if cursor else (None,)
    rows = connection.execute(
        f"""SELECT m.seq, {_MESSAGE} FROM messages m LEFT JOIN feedback f ON f.message_id = m.id
            WHERE m.chat_id = %(chat)s AND (%(before)s::bigint IS NULL OR m.seq < %(before)s)
            ORDER BY m.seq DESC LIMIT %(limit)s""",  # noqa: S608 -- constant
        {"chat": chat_id, "before": before, "limit": limit + 1},
    ).fetchall()
    page = rows[:limit]
    older = cursors.encode([page[-1]["seq"]]) if len(rows) > limit else None
    return [Message.model_validate(row) for row in reversed(page)], older


def get_message(connection: Connection, user_id: UUID, message_id: UUID) -> Message:
    """A message of one of the user's chats.

    Raises:
        NotFound
    """
    row = one(
        connection.execute(
            f"""SELECT {_MESSAGE} FROM messages m JOIN chats c ON c.id = m.chat_id
                LEFT JOIN feedback f ON f.message_id = m.id WHERE m.id = %s AND c.user_id = %s""",  # noqa: S608
            (message_id, user_id),
        )
    )
    return Message.model_validate(row)


def add_question(connection: Connection, chat_id: UUID, text: str) -> UUID:
    """Store what the user asked; its id."""
    row = one(
        connection.execute(
            "INSERT INTO messages (chat_id, role, content) VALUES (%s, 'user', %s) RETURNING id", (chat_id, text)
        )
    )
    message_id: UUID = row["id"]
    return message_id


def add_answer(
    connection: Connection,
    chat_id: UUID,
    *,
    text: str,
    sources: list[dict[str, Any]],
    model: str | None,
    usage: dict[str, int],
    metadata: dict[str, Any],
) -> UUID:
    """Store an answer and mark its chat as just used; its id."""
    row = one(
        connection.execute(
            """INSERT INTO messages (chat_id, role, content, sources, model, usage, metadata)
               VALUES (%s, 'assistant', %s, %s, %s, %s, %s) RETURNING id""",
            (chat_id, text, Jsonb(sources), model, Jsonb(usage), Jsonb(metadata)),
        )
    )
    connection.execute("UPDATE chats SET updated_at = now() WHERE id = %s", (chat_id,))
    message_id: UUID = row["id"]
    return message_id


def put_feedback(
    connection: Connection, user_id: UUID, message_id: UUID, rating: Literal[-1, 1], comment: str
) -> Feedback:
    """Rate an answer in one of the user's chats, or change the rating.

    Raises:
        NotFound: no such answer of the user's; questions cannot be rated.
    """
    row = one(
        connection.execute(
            """INSERT INTO feedback (message_id, user_id, rating, comment)
               SELECT m.id, c.user_id, %s, %s FROM messages m JOIN chats c ON c.id = m.chat_id
               WHERE m.id = %s AND c.user_id = %s AND m.role = 'assistant'
               ON CONFLICT (message_id) DO UPDATE SET rating = excluded.rating, comment = excluded.comment
               RETURNING message_id, rating, comment""",
            (rating, comment, message_id, user_id),
        )
    )
    return Feedback.model_validate(row)
