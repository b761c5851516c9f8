"""The chatbot's side of an answer, in PostgreSQL: claimed, kept alive, finished or failed.

`attempt` fences: a run that was given up for dead finds no row of its attempt, and falls silent.
"""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from finq.agents.conversation import Turn
from finq.chats import repository
from finq.chats.answers import ACTIVE
from finq.database import Connection

HISTORY_EXCHANGES = 5  # a question and its answer each: ten turns


@dataclass(frozen=True)
class Claim:
    """A run of the chatbot, and what it is to answer. `waited` is seconds since the question was queued."""

    answer_id: UUID
    attempt: int
    user_id: UUID
    chat_id: UUID
    request_id: str
    connection_id: str | None
    stop_requested: bool
    text: str
    history: tuple[Turn, ...]
    waited: float


def claim(connection: Connection, answer_id: UUID, attempt: int) -> Claim | None:
    """Start run `attempt`, or None when it was started before, or is no longer wanted."""
    row = connection.execute(
        """WITH before AS (SELECT id, heartbeat_at FROM answers WHERE id = %s FOR UPDATE)
           UPDATE answers a SET state = 'running', attempt = a.attempt + 1, heartbeat_at = now()
           FROM messages q, before
           WHERE a.id = before.id AND q.id = a.question_id AND a.state = 'queued' AND a.attempt + 1 = %s
           RETURNING a.user_id, a.chat_id, a.request_id, a.connection_id, a.stop_requested, q.content, q.seq,
                     extract(epoch FROM now() - before.heartbeat_at)::float8 AS waited""",
        (answer_id, attempt),
    ).fetchone()
    if row is None:
        return None
    return Claim(
        answer_id=answer_id,
        attempt=attempt,
        user_id=row["user_id"],
        chat_id=row["chat_id"],
        request_id=row["request_id"],
        connection_id=row["connection_id"],
        stop_requested=row["stop_requested"],
        text=row["content"],
        history=_history(connection, row["chat_id"], row["seq"]),
        waited=row["waited"],
    )


def _history(connection: Connection, chat_id: UUID, before_seq: int) -> tuple[Turn, ...]:
    # Whole exchanges only: the model's protocol wants user and assistant to take turns.
    rows = connection.execute(
        """SELECT q.content AS question, m.content AS answer
           FROM answers a JOIN messages q ON q.id = a.question_id JOIN messages m ON m.id = a.message_id
           WHERE a.chat_id = %s AND q.seq < %s ORDER BY q.seq DESC LIMIT %s""",
        (chat_id, before_seq, HISTORY_EXCHANGES),
    ).fetchall()
    return tuple(
        turn for row in reversed(rows) for turn in (Turn("user", row["question"]), Turn("assistant", row["answer"]))
    )


@dataclass(frozen=True)
class Control:
    """What clients have asked of a running answer. `resume_from` is set once per resume."""

    connection_id: str | None
    stop_requested: bool
    resume_from: int | None


def heartbeat(connection: Connection, answer_id: UUID, attempt: int) -> Control | None:
    """Show a sign of life and take the clients' wishes; None when the run is no longer wanted."""
    row = connection.execute(
        """WITH before AS (
               SELECT id, resume_from FROM answers WHERE id = %s AND attempt = %s AND state = 'running' FOR UPDATE
           )
           UPDATE answers a SET heartbeat_at = now(), resume_from = NULL FROM before WHERE a.id = before.id
           RETURNING a.connection_id, a.stop_requested, before.resume_from""",
        (answer_id, attempt),
    ).fetchone()
    return Control(**row) if row else None


def detach(connection: Connection, answer_id: UUID, connection_id: str) -> None:
    """Send nothing more to `connection_id`, unless the client has moved to another meanwhile."""
    connection.execute(
        "UPDATE answers SET connection_id = NULL WHERE id = %s AND connection_id = %s", (answer_id, connection_id)
    )


@dataclass(frozen=True)
class Finished:
    """A stored answer, and where its end is to be sent. `message_id` is None when there was no text to store."""

    message_id: UUID | None
    control: Control


def finish(
    connection: Connection,
    claimed: Claim,
    *,
    state: Literal["complete", "stopped"],
    text: str,
    sources: list[dict[str, Any]],
    model: str | None,
    usage: dict[str, int],
    metadata: dict[str, Any],
) -> Finished | None:
    """Store the answer and end the run; None when the run is no longer wanted. Repeating it changes nothing.

    A client that resumes before this sees its wish in `control`; one that resumes later finds the stored answer.
    """
    connection.execute("SELECT 1 FROM chats WHERE id = %s FOR NO KEY UPDATE", (claimed.chat_id,))
    row = connection.execute(
        """SELECT state, message_id, connection_id, stop_requested, resume_from
           FROM answers WHERE id = %s AND attempt = %s FOR UPDATE""",
        (claimed.answer_id, claimed.attempt),
    ).fetchone()
    if row is None or row["state"] not in ("running", state):
        return None
    message_id: UUID | None = row["message_id"]
    if row["state"] == "running":
        if text:
            message_id = repository.add_answer(
                connection, claimed.chat_id, text=text, sources=sources, model=model, usage=usage, metadata=metadata
            )
        connection.execute(
            """UPDATE answers SET state = %s, message_id = %s, finished_at = now(), heartbeat_at = now(),
                      resume_from = NULL WHERE id = %s""",
            (state, message_id, claimed.answer_id),
        )
    return Finished(message_id, Control(row["connection_id"], row["stop_requested"], row["resume_from"]))


@dataclass(frozen=True)
class Failed:
    """An answer that has just been marked failed, and who waits for it.

    Attributes:
        resumed: a client has come for it since its last heartbeat, and waits for frames.
    """

    request_id: str
    connection_id: str | None
    resumed: bool


def fail(connection: Connection, answer_id: UUID, attempt: int, code: str) -> Failed | None:
    """Mark run `attempt` failed, queued or running; None when it is over, or was restarted since."""
    row = connection.execute(
        f"""WITH before AS (
                SELECT id, resume_from FROM answers
                WHERE id = %s AND {ACTIVE} AND attempt + CASE state WHEN 'queued' THEN 1 ELSE 0 END = %s FOR UPDATE
            )
            UPDATE answers a SET state = 'failed', error_code = %s, finished_at = now(), resume_from = NULL
            FROM before WHERE a.id = before.id
            RETURNING a.request_id, a.connection_id, before.resume_from IS NOT NULL AS resumed""",  # noqa: S608
        (answer_id, attempt, code),
    ).fetchone()
    return Failed(**row) if row else None
