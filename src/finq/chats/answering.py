"""One run of the chatbot: claim an answer, let the agents make it, send it, store it. Never ends in silence."""

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

from finq import clock
from finq.accounts import profiles
from finq.agents.conversation import AnswerStopped, Listener, Question, Reply
from finq.chats import runs
from finq.chats.answers import LOST_AFTER, State
from finq.chats.delivery import Delivery, Halt
from finq.chats.frames import Done, Error
from finq.chats.invoke import Run
from finq.chats.push import ConnectionGone, Pusher, PushFailed
from finq.chats.runs import Claim, Finished
from finq.database import Database
from finq.errors import FinqError, ServiceUnavailable
from finq.observability import log_unexpected, logger

RESERVE = 10.0  # seconds before the function's deadline, for storing what there is
HALT_WAIT = 0.5  # seconds that a user who stopped waits for the count of tokens
_STORE_TRIES = 3
_LATE_INTERVAL = 0.25  # seconds between tries to mark a run failed


class Timeout(ServiceUnavailable):
    """Not a word by the deadline."""

    code = "TIMEOUT"
    message = "답변이 너무 오래 걸려요. 다시 시도해 주세요."


class Assistant(Protocol):
    """Who answers; see `finq.agents`."""

    def answer(self, question: Question, listener: Listener) -> Reply:
        """Answer, telling `listener` on the way."""
        ...


@dataclass(frozen=True)
class Answered:
    """What became of a run. `state` is None where it was not this run's to answer."""

    answer_id: UUID
    state: State | None
    message_id: UUID | None = None


@dataclass(frozen=True)
class Answering:
    """Args:
    database: not the one the agents use, since both are busy at the same time.
    """

    assistant: Assistant
    database: Database
    pusher: Pusher

    def answer(self, run: Run, seconds_left: float) -> Answered:
        """Answer, within `seconds_left` of the function's time.

        Raises:
            ServiceUnavailable: the database could not be reached to begin with, nor soon after.
        """
        deadline = time.monotonic() + seconds_left - RESERVE
        try:
            with self.database.transaction() as connection:
                claim = runs.claim(connection, run.answer_id, run.attempt)
        except ServiceUnavailable as error:
            self._tell(run.connection_id, Error.of(error, run.request_id))
            if not self._fail_late(run.answer_id, run.attempt, error):
                raise  # Lambda goes on trying: its failure record reaches `finkurn-ws-message`
            return Answered(run.answer_id, "failed")
        if claim is None:
            logger.info("answer is not for this run", answer_id=str(run.answer_id), attempt=run.attempt)
            return Answered(run.answer_id, None)
        logger.append_keys(answer_id=str(claim.answer_id), chat_id=str(claim.chat_id), attempt=claim.attempt)
        delivery = Delivery(claim, self.database, self.pusher, deadline=deadline)
        # Leaving the pool waits for the agents: a stopped answer is stored and told before the model's stream is
        # closed, but no invocation begins while an earlier one still runs.
        with ThreadPoolExecutor(1, thread_name_prefix="agents") as pool, closing(delivery):
            try:
                return self._answer(claim, delivery, pool)
            except FinqError as error:
                return self._fail(claim, delivery, error)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the user has to hear of it
                log_unexpected(error, "answer failed")
                return self._fail(claim, delivery, FinqError())

    def _answer(self, claim: Claim, delivery: Delivery, pool: ThreadPoolExecutor) -> Answered:
        if claim.stop_requested:
            return self._finish(claim, delivery, Halt.STOPPED, None)
        answering = pool.submit(self.assistant.answer, self._question(claim), delivery)
        halt = delivery.until_done(answering)
        if halt is Halt.UNWANTED:
            logger.info("answer is no longer wanted")
            return Answered(claim.answer_id, None)
        return self._finish(claim, delivery, halt, _halted(answering) if halt else answering.result())

    def _question(self, claim: Claim) -> Question:
        today = clock.today()
        with self.database.transaction() as connection:
            applicant, interests = profiles.applicant_of(connection, claim.user_id, today)
        return Question(text=claim.text, today=today, applicant=applicant, interests=interests, history=claim.history)

    def _finish(self, claim: Claim, delivery: Delivery, halt: Halt | None, reply: Reply | None) -> Answered:
        if halt is Halt.DEADLINE and not delivery.said:
            raise Timeout
        state: Literal["complete", "stopped"] = "stopped" if halt else "complete"
        grounding = reply.grounding if reply else {}
        finished = self._store(
            claim,
            state=state,
            text=delivery.said,
            sources=[card.model_dump(mode="json") for card in delivery.cards],
            model=reply.model if reply else None,
            usage=reply.usage if reply else {},
            metadata={
                "grounding": grounding,
                "halt": halt.value if halt else None,
                "route": reply.route if reply else None,
                "timings": reply.timings if reply else {},
            },
        )
        if finished is None:
            logger.info("answer is no longer wanted")
            return Answered(claim.answer_id, None)
        done = Done(
            request_id=claim.request_id,
            chat_id=claim.chat_id,
            message_id=finished.message_id,
            model=reply.model if reply else None,
            usage=reply.usage if reply else {},
            grounding=grounding,
            stopped=halt is not None,
        )
        delivery.conclude(finished.control, done)
        logger.info(
            "answered",
            state=state,
            characters=len(delivery.said),
            policies=len(delivery.cards),
            waited_ms=round(claim.waited * 1000, 1),
            timings_ms=reply.timings if reply else None,
            usage=reply.usage if reply else None,
        )
        return Answered(claim.answer_id, state, finished.message_id)

    def _store(self, claim: Claim, **answer: Any) -> Finished | None:
        for left in reversed(range(_STORE_TRIES)):
            try:
                with self.database.transaction() as connection:
                    return runs.finish(connection, claim, **answer)
            except ServiceUnavailable:
                if not left:
                    raise
                time.sleep(0.5)  # a fail-over is worth waiting for: the answer is made and paid for
        raise AssertionError("unreachable")

    def _fail(self, claim: Claim, delivery: Delivery, error: FinqError) -> Answered:
        logger.warning("answer failed", error_code=error.code)
        last = Error.of(error, claim.request_id)
        try:
            with self.database.transaction() as connection:
                failed = runs.fail(connection, claim.answer_id, claim.attempt, error.code)
        except ServiceUnavailable:
            delivery.conclude(None, last)  # the client hears of it all the same, at once
            if claim.connection_id:
                self._fail_late(claim.answer_id, claim.attempt, error)
            return Answered(claim.answer_id, "failed")
        if failed is None:
            return Answered(claim.answer_id, None)
        delivery.conclude(runs.Control(failed.connection_id, stop_requested=False, resume_from=None), last)
        return Answered(claim.answer_id, "failed")

    def _fail_late(self, answer_id: UUID, attempt: int, error: FinqError) -> bool:
        """Mark a run failed once the database is back; whether that came to pass.

        The client knows already, and sends its message again. Until the run is marked, or has been silent for so long
        that it counts as lost, it would be told to wait for it.
        """
        until = time.monotonic() + LOST_AFTER
        while time.monotonic() < until:
            time.sleep(_LATE_INTERVAL)
            with suppress(ServiceUnavailable):
                with self.database.transaction() as connection:
                    failed = runs.fail(connection, answer_id, attempt, error.code)
                if failed and failed.resumed:
                    self._tell(failed.connection_id, Error.of(error, failed.request_id))
                return True
        return False

    def _tell(self, connection_id: str | None, frame: Error) -> None:
        if connection_id:
            with suppress(ConnectionGone, PushFailed):
                self.pusher.push(connection_id, frame)


def _halted(answering: Future[Reply]) -> Reply | None:
    """What the agents had said and spent when they were halted, if they notice soon: the model may be silent."""
    wait([answering], timeout=HALT_WAIT)
    if not answering.done():
        return None
    error = answering.exception()
    if isinstance(error, AnswerStopped):
        return error.reply
    return None if error else answering.result()


def as_json(answered: Answered) -> dict[str, Any]:
    """The chatbot's result."""
    return {key: str(value) if isinstance(value, UUID) else value for key, value in asdict(answered).items()}
