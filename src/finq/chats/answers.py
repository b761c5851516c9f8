"""What a client may do to an answer, in PostgreSQL: ask for it, resume it, stop it, look at it.

The chatbot's side of the same rows is `runs`. Every change on either side is conditional on the state it starts
from, so that client, chatbot and failure record may come in any order. Locks are taken in the order users,
chats, answers.
"""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from finq.chats import repository
from finq.database import Connection
from finq.errors import Conflict, NotFound, ServiceUnavailable, TooManyRequests, Unauthorized

State = Literal["queued", "running", "complete", "stopped", "failed"]

MAX_PER_MINUTE = 20
MAX_CONCURRENT = 3
MAX_ATTEMPTS = 5

LOST = "CHATBOT_LOST"  # error_code of an answer whose chatbot gave no sign of life
# A queued answer may wait for a chatbot to be free; a running one shows signs of life several times a second.
LOST_AFTER = 15  # seconds
STALE = f"heartbeat_at < now() - CASE state WHEN 'queued' THEN interval '60 s' ELSE interval '{LOST_AFTER} s' END"
ACTIVE = "state IN ('queued', 'running')"


class Busy(Conflict):
    """Answers are being written already: one in this chat, or `details.limit` of the user's."""

    code = "BUSY"
    message = "아직 답변을 작성하고 있어요. 끝난 뒤에 다시 보내 주세요."
    retryable = True


class AnswerFailed(ServiceUnavailable):
    """The answer was not made; `details.reason` has the code of what happened. Asking again makes a new one."""

    code = "ANSWER_FAILED"
    message = "답변을 만들지 못했어요. 다시 시도해 주세요."


@dataclass(frozen=True)
class Asked:
    """A stored question. `start`: the chatbot has to be invoked, for run `attempt` of the answer."""

    answer_id: UUID
    chat_id: UUID
    message_id: UUID
    attempt: int
    duplicate: bool
    start: bool


def ask(
    connection: Connection,
    *,
    user_id: UUID,
    request_id: str,
    text: str,
    chat_id: UUID | None,
    connection_id: str | None,
) -> Asked:
    """Store a question and queue its answer; a resent one is recognised, and restarted if its answer failed.

    Raises:
        Unauthorized: no such user.
        NotFound: the chat does not exist or is somebody else's.
        Conflict: `request_id` was used for another text or chat, or its answer failed too often.
        Busy, TooManyRequests
    """
    # Serialises a user's questions, which makes the limits and the look-up of the request exact.
    if not connection.execute("SELECT 1 FROM users WHERE id = %s FOR NO KEY UPDATE", (user_id,)).fetchone():
        raise Unauthorized
    earlier = connection.execute(
        f"""SELECT a.id, a.chat_id, a.question_id, a.attempt, a.state = 'failed' OR {ACTIVE} AND {STALE} AS dead,
                   q.content = %s AND a.chat_id = coalesce(%s, a.chat_id) AS same
            FROM answers a JOIN messages q ON q.id = a.question_id WHERE a.user_id = %s AND a.request_id = %s""",  # noqa: S608
        (text, chat_id, user_id, request_id),
    ).fetchone()
    if earlier:
        return _ask_again(connection, user_id, connection_id, earlier)

    if chat_id is None:
        chat_id = repository.create_chat(connection, user_id, repository.title_from(text)).id
    else:
        repository.touch_chat(connection, user_id, chat_id, title_if_none=repository.title_from(text))
    _check_limits(connection, user_id, chat_id)
    message_id = repository.add_question(connection, chat_id, text)
    answer = repository.one(
        connection.execute(
            """INSERT INTO answers (user_id, chat_id, request_id, question_id, connection_id)
               VALUES (%s, %s, %s, %s, %s) RETURNING id""",
            (user_id, chat_id, request_id, message_id, connection_id),
        )
    )
    return Asked(answer["id"], chat_id, message_id, attempt=1, duplicate=False, start=True)


def _ask_again(connection: Connection, user_id: UUID, connection_id: str | None, earlier: dict[str, Any]) -> Asked:
    if not earlier["same"]:
        raise Conflict("같은 요청 번호로 다른 메시지를 보낼 수 없어요.")
    asked = Asked(
        earlier["id"], earlier["chat_id"], earlier["question_id"], earlier["attempt"] + 1, duplicate=True, start=False
    )
    if not earlier["dead"]:
        return asked
    if earlier["attempt"] >= MAX_ATTEMPTS:
        raise Conflict("답변을 여러 번 만들지 못했어요. 질문을 새로 보내 주세요.")
    repository.touch_chat(connection, user_id, asked.chat_id)
    _check_limits(connection, user_id, asked.chat_id)
    restarted = connection.execute(
        f"""UPDATE answers SET state = 'queued', connection_id = %s, resume_from = NULL, stop_requested = false,
                   error_code = NULL, heartbeat_at = now(), finished_at = NULL
            WHERE id = %s AND attempt = %s AND (state = 'failed' OR {ACTIVE} AND {STALE})""",  # noqa: S608
        (connection_id, asked.answer_id, earlier["attempt"]),
    )
    return Asked(
        asked.answer_id,
        asked.chat_id,
        asked.message_id,
        asked.attempt,
        duplicate=True,
        start=restarted.rowcount == 1,  # 0: a run that had been given up has shown a sign of life after all
    )


def _check_limits(connection: Connection, user_id: UUID, chat_id: UUID) -> None:
    """Count a run of the chatbot for the user, or refuse it."""
    counts = repository.one(
        connection.execute(
            f"""SELECT count(*) FILTER (WHERE {ACTIVE} AND NOT {STALE}) AS active,
                       count(*) FILTER (WHERE {ACTIVE} AND NOT {STALE} AND chat_id = %s) AS active_here
                FROM answers WHERE user_id = %s""",  # noqa: S608
            (chat_id, user_id),
        )
    )
    if counts["active_here"]:
        raise Busy
    if counts["active"] >= MAX_CONCURRENT:
        raise Busy(details={"limit": MAX_CONCURRENT})
    # A refusal rolls this back. Answers cannot be counted instead: a deleted chat takes its own along.
    asked = repository.one(
        connection.execute(
            """UPDATE users SET asked_at = now() || ARRAY(
                   SELECT at FROM unnest(asked_at) AS at WHERE at > now() - interval '1 minute')
               WHERE id = %s RETURNING cardinality(asked_at) AS recent""",
            (user_id,),
        )
    )
    if asked["recent"] > MAX_PER_MINUTE:
        raise TooManyRequests(details={"limit": MAX_PER_MINUTE, "seconds": 60})


def request_stop(connection: Connection, user_id: UUID, request_id: str) -> State:
    """Ask the chatbot to stop; the answer's state. One whose chatbot is lost becomes failed.

    Raises:
        NotFound: the user has asked no such thing.
    """
    answer_id, state = _lock(connection, user_id, request_id)
    if state in ("queued", "running"):
        connection.execute("UPDATE answers SET stop_requested = true WHERE id = %s", (answer_id,))
    return state


def attach(connection: Connection, user_id: UUID, request_id: str, connection_id: str, received: int) -> State:
    """Have a running answer sent to `connection_id` from offset `received` on; the answer's state.

    One whose chatbot is lost becomes failed. A finished one is for the caller to replay.

    Raises:
        NotFound: the user has asked no such thing.
    """
    answer_id, state = _lock(connection, user_id, request_id)
    if state in ("queued", "running"):
        connection.execute(
            "UPDATE answers SET connection_id = %s, resume_from = %s WHERE id = %s",
            (connection_id, received, answer_id),
        )
    return state


def _lock(connection: Connection, user_id: UUID, request_id: str) -> tuple[UUID, State]:
    row = connection.execute(
        f"""SELECT id, state, {ACTIVE} AND {STALE} AS lost FROM answers
            WHERE user_id = %s AND request_id = %s FOR UPDATE""",  # noqa: S608
        (user_id, request_id),
    ).fetchone()
    if row is None:
        raise NotFound
    if not row["lost"]:
        return row["id"], row["state"]
    connection.execute(
        "UPDATE answers SET state = 'failed', error_code = %s, finished_at = now() WHERE id = %s", (LOST, row["id"])
    )
    return row["id"], "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of an answer. `text` is empty and `message_id` None where nothing is stored."""

    state: State
    attempt: int
    error_code: str | None
    chat_id: UUID
    message_id: UUID | None
    text: str
    sources: list[dict[str, Any]]
    model: str | None
    usage: dict[str, int]
    metadata: dict[str, Any]


def outcome(connection: Connection, user_id: UUID, request_id: str) -> Outcome:
    """The answer to the user's `request_id`.

    Raises:
        NotFound
    """
    row = repository.one(
        connection.execute(
            """SELECT a.state, a.attempt, a.error_code, a.chat_id, a.message_id, coalesce(m.content, '') AS text,
                      coalesce(m.sources, '[]') AS sources, m.model, coalesce(m.usage, '{}') AS usage,
                      coalesce(m.metadata, '{}') AS metadata
               FROM answers a LEFT JOIN messages m ON m.id = a.message_id
               WHERE a.user_id = %s AND a.request_id = %s""",
            (user_id, request_id),
        )
    )
    return Outcome(**row)
