"""What `finkurn-ws-message` does: answers client frames, and turns a chatbot's crash into an error frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, Field

from finq.chats import answers, connections, runs
from finq.chats.answers import LOST, AnswerFailed
from finq.chats.frames import (
    Ack,
    Done,
    Error,
    Message,
    Ping,
    Pong,
    Resume,
    ServerFrame,
    Sources,
    Stop,
    parse,
    request_id_in,
)
from finq.chats.invoke import Chatbot, Run
from finq.chats.outbox import resume_offset, sources_frame, token_frames
from finq.chats.push import ConnectionGone, Pusher, PushFailed
from finq.database import Database
from finq.errors import FinqError, ServiceUnavailable
from finq.observability import log_unexpected, logger
from finq.policies.card import PolicyCard


class FailureRecord(BaseModel):
    """What Lambda sends when the chatbot crashed or timed out."""

    payload: Run = Field(alias="requestPayload")


@dataclass(frozen=True)
class Socket:
    """Serves the frames of every connection."""

    database: Database
    pusher: Pusher
    chatbot: Chatbot

    def receive(self, connection_id: str, body: str) -> None:
        """Serve one client frame. Whatever goes wrong is told to the client in an `error` frame."""
        try:
            self._serve(connection_id, body)
        except (ConnectionGone, PushFailed):
            logger.info("client left before it was answered")
        except FinqError as error:
            self._tell(connection_id, Error.of(error, request_id_in(body)))
        except Exception as error:  # noqa: BLE001 -- the client has to hear of it; the log has the rest
            log_unexpected(error, "frame failed")
            self._tell(connection_id, Error.of(FinqError(), request_id_in(body)))

    def _serve(self, connection_id: str, body: str) -> None:
        match parse(body):
            case Ping():
                self.pusher.push(connection_id, Pong())
            case Message() as frame:
                self._ask(connection_id, frame)
            case Stop(request_id=request_id):
                with self.database.transaction() as connection:
                    user_id = connections.owner(connection, connection_id)
                    state = answers.request_stop(connection, user_id, request_id)
                if state not in ("queued", "running"):
                    # The answer ended before the stop came: the client learns how.
                    self._replay(connection_id, user_id, request_id, received=None)
            case Resume(request_id=request_id, received=received):
                with self.database.transaction() as connection:
                    user_id = connections.owner(connection, connection_id)
                self._attach(connection_id, user_id, request_id, received)

    def _ask(self, connection_id: str, frame: Message) -> None:
        with self.database.transaction() as connection:
            user_id = connections.owner(connection, connection_id)
            asked = answers.ask(
                connection,
                user_id=user_id,
                request_id=frame.request_id,
                text=frame.text,
                chat_id=frame.chat_id,
                connection_id=connection_id,
            )
        logger.info(
            "asked",
            chat_id=str(asked.chat_id),
            answer_id=str(asked.answer_id),
            characters=len(frame.text),
            duplicate=asked.duplicate,
        )
        ack = Ack(
            request_id=frame.request_id,
            chat_id=asked.chat_id,
            message_id=asked.message_id,
            duplicate=asked.duplicate,
        )
        # Before the chatbot starts, so that nothing overtakes it. A client that has left meanwhile still gets its
        # answer: it comes back and resumes.
        self._tell(connection_id, ack)
        if asked.start:
            self._start(
                Run(
                    answer_id=asked.answer_id,
                    attempt=asked.attempt,
                    request_id=frame.request_id,
                    connection_id=connection_id,
                )
            )
        else:
            self._attach(connection_id, user_id, frame.request_id, received=0)

    def _start(self, run: Run) -> None:
        try:
            self.chatbot.start(run)
        except ServiceUnavailable as error:
            with self.database.transaction() as connection:
                runs.fail(connection, run.answer_id, run.attempt, error.code)
            raise

    def _attach(self, connection_id: str, user_id: UUID, request_id: str, received: int) -> None:
        with self.database.transaction() as connection:
            state = answers.attach(connection, user_id, request_id, connection_id, received)
        if state not in ("queued", "running"):
            self._replay(connection_id, user_id, request_id, received)

    def _replay(self, connection_id: str, user_id: UUID, request_id: str, received: int | None) -> None:
        with self.database.transaction() as connection:
            outcome = answers.outcome(connection, user_id, request_id)
        if outcome.state not in ("complete", "stopped"):
            raise AnswerFailed(details={"reason": outcome.error_code})
        for frame in _replayed(outcome, request_id, received):
            self.pusher.push(connection_id, frame)

    def fail(self, record: FailureRecord) -> None:
        """The chatbot crashed or timed out: mark its answer failed and tell who waits, unless it had finished."""
        run = record.payload
        with self.database.transaction() as connection:
            failed = runs.fail(connection, run.answer_id, run.attempt, LOST)
        logger.error("chatbot crashed", answer_id=str(run.answer_id), unanswered=failed is not None)
        if failed and failed.connection_id:
            self._tell(failed.connection_id, Error.of(AnswerFailed(), failed.request_id))

    def _tell(self, connection_id: str, frame: ServerFrame) -> None:
        try:
            self.pusher.push(connection_id, frame)
        except (ConnectionGone, PushFailed):
            logger.info("client left", frame=type(frame).__name__)


def _replayed(outcome: answers.Outcome, request_id: str, received: int | None) -> Iterator[ServerFrame]:
    """The stored answer from offset `received` on; its end alone when None."""
    if received is not None:
        if outcome.sources:
            yield _sources(outcome, request_id)
        yield from token_frames(request_id, outcome.text, resume_offset(received, len(outcome.text), outcome.attempt))
    yield Done(
        request_id=request_id,
        chat_id=outcome.chat_id,
        message_id=outcome.message_id,
        model=outcome.model,
        usage=outcome.usage,
        grounding=outcome.metadata.get("grounding", {}),
        stopped=outcome.state == "stopped",
        duplicate=True,
    )


def _sources(outcome: answers.Outcome, request_id: str) -> Sources:
    return sources_frame(request_id, [PolicyCard.model_validate(card) for card in outcome.sources])
