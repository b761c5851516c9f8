"""REST operations on chats and messages."""

from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, Field, StringConstraints

from finq.accounts.claims import Claims
from finq.accounts.profiles import user_transaction
from finq.chats import answers, repository, runs
from finq.chats.answers import LOST, AnswerFailed, State
from finq.chats.frames import clean_text
from finq.chats.invoke import Run, chatbot
from finq.chats.repository import Chat, Feedback, Message
from finq.database import database
from finq.errors import ServiceUnavailable
from finq.rest import Body, Query, operation

Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
OK = 200
CREATED = 201
ACCEPTED = 202


class Page(Query):
    """`cursor` is the previous page's `next_cursor`."""

    limit: int = Field(20, ge=1, le=50)
    cursor: str | None = Field(None, min_length=1, max_length=500)


class ChatPage(BaseModel):
    """Last used first."""

    items: list[Chat]
    next_cursor: str | None


class MessagePage(BaseModel):
    """Oldest first; the next page is older."""

    items: list[Message]
    next_cursor: str | None


class NewChat(Body):
    """Without a title, the first question becomes it."""

    title: Title = ""


class ChatTitle(Body):
    """Another title."""

    title: Annotated[Title, Field(min_length=1)]


class NewMessage(Body):
    """A question. The same `request_id` again is not answered twice."""

    text: str
    request_id: str | None = Field(None, pattern=r"^[0-9A-Za-z._-]{1,64}$")


class NewFeedback(Body):
    """A rating of an answer."""

    rating: Literal[-1, 1]
    comment: str = Field("", max_length=1000)


class Pending(BaseModel):
    """A question whose answer is still being written, or was stopped before its first word."""

    request_id: str
    state: State
    question: Message


class Answered(Pending):
    """A question and its answer."""

    answer: Message


@operation("createChat")
def create_chat(claims: Claims, body: NewChat) -> tuple[int, Chat]:
    """A new chat."""
    with user_transaction(database, claims) as connection:
        return CREATED, repository.create_chat(connection, claims.sub, body.title)


@operation("listChats")
def list_chats(claims: Claims, query: Page) -> ChatPage:
    """The caller's chats."""
    with user_transaction(database, claims) as connection:
        items, cursor = repository.list_chats(connection, claims.sub, limit=query.limit, cursor=query.cursor)
    return ChatPage(items=items, next_cursor=cursor)


@operation("getChat")
def get_chat(claims: Claims, id: UUID) -> Chat:
    """One chat."""
    with user_transaction(database, claims) as connection:
        return repository.get_chat(connection, claims.sub, id)


@operation("updateChat")
def update_chat(claims: Claims, id: UUID, body: ChatTitle) -> Chat:
    """Rename."""
    with user_transaction(database, claims) as connection:
        return repository.rename_chat(connection, claims.sub, id, body.title)


@operation("deleteChat")
def delete_chat(claims: Claims, id: UUID) -> None:
    """Delete, with its messages."""
    with user_transaction(database, claims) as connection:
        repository.delete_chat(connection, claims.sub, id)


@operation("listMessages")
def list_messages(claims: Claims, id: UUID, query: Page) -> MessagePage:
    """The messages of a chat."""
    with user_transaction(database, claims) as connection:
        items, cursor = repository.list_messages(connection, claims.sub, id, limit=query.limit, cursor=query.cursor)
    return MessagePage(items=items, next_cursor=cursor)


@operation("postMessage")
def post_message(claims: Claims, id: UUID, body: NewMessage) -> tuple[int, Pending]:
    """Ask, and wait for the answer as long as API Gateway allows; after that it appears among the messages."""
    request_id, text = body.request_id or str(uuid4()), clean_text(body.text)
    with user_transaction(database, claims) as connection:
        asked = answers.ask(
            connection,
            user_id=claims.sub,
            request_id=request_id,
            text=text,
            chat_id=id,
            connection_id=None,
        )
    if asked.start:
        _answer(Run(answer_id=asked.answer_id, attempt=asked.attempt))
    with database.transaction() as connection:
        outcome = answers.outcome(connection, claims.sub, request_id)
        if outcome.state == "failed":
            raise AnswerFailed(details={"reason": outcome.error_code})
        question = repository.get_message(connection, claims.sub, asked.message_id)
        if outcome.message_id:
            answer = repository.get_message(connection, claims.sub, outcome.message_id)
            return OK, Answered(request_id=request_id, state=outcome.state, question=question, answer=answer)
    status = OK if outcome.state == "stopped" else ACCEPTED
    return status, Pending(request_id=request_id, state=outcome.state, question=question)


def _answer(run: Run) -> None:
    try:
        chatbot().run(run)
    except ServiceUnavailable:
        # Lambda writes no failure record for a caller who waits.
        with database.transaction() as connection:
            runs.fail(connection, run.answer_id, run.attempt, LOST)
        raise


@operation("putFeedback")
def put_feedback(claims: Claims, id: UUID, body: NewFeedback) -> Feedback:
    """Rate an answer."""
    with user_transaction(database, claims) as connection:
        return repository.put_feedback(connection, claims.sub, id, body.rating, body.comment)
