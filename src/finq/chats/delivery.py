"""Streams an answer to whoever listens, while it is made.

Two threads: the agents write in one, and are never held up; the other pushes what is due, and with each push, or
four times a second in silence, runs the heartbeat that tells of `stop` and of a new connection.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from enum import Enum
from typing import Any

from finq.agents.conversation import AnswerStopped, Stage
from finq.chats import connections, runs
from finq.chats.frames import ServerFrame
from finq.chats.outbox import Outbox
from finq.chats.push import ConnectionGone, Pusher, PushFailed
from finq.chats.runs import Claim, Control
from finq.database import Database
from finq.errors import ServiceUnavailable
from finq.observability import logger
from finq.policies.card import PolicyCard

HEARTBEAT_INTERVAL = 0.25  # seconds
RETRY_INTERVAL = 0.25  # seconds, after a push that may not have arrived
_LAST_PUSHES = 4  # tries to deliver the end of an answer


class Halt(Enum):
    """Why an answer ends before the agents are done."""

    STOPPED = "stopped"  # the user asked for it
    DEADLINE = "deadline"  # the function is about to be ended
    UNWANTED = "unwanted"  # the chat is gone, or another run answers


class Delivery:
    """The agents' listener, and the loop that sends what it hears.

    Args:
        database: a connection of its own; the agents' thread uses the process's one.
        deadline: when to halt, by `clock`.
    """

    def __init__(
        self,
        claim: Claim,
        database: Database,
        pusher: Pusher,
        *,
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._claim = claim
        self._database = database
        self._pusher = pusher
        self._deadline = deadline
        self._clock = clock
        self._connection_id = claim.connection_id
        self._outbox = Outbox(claim.request_id, claim.attempt)
        self._changed = threading.Condition()
        self._closed = False
        self._next_heartbeat = clock()
        self._next_push = clock()

    # The agents' thread.

    def stage(self, stage: Stage) -> None:
        """See `Listener`."""
        self._tell(lambda: self._outbox.stage(stage))

    def sources(self, cards: Sequence[PolicyCard]) -> None:
        """See `Listener`."""
        self._tell(lambda: self._outbox.sources(cards))

    def text(self, text: str) -> None:
        """See `Listener`."""
        self._tell(lambda: self._outbox.write(text))

    def _tell(self, change: Callable[[], None]) -> None:
        with self._changed:
            if self._closed:
                raise AnswerStopped
            change()
            self._changed.notify()

    # The sending thread.

    @property
    def said(self) -> str:
        """The text so far; once the agents are done or closed off, all there will be."""
        return self._outbox.text

    @property
    def cards(self) -> tuple[PolicyCard, ...]:
        """The policies the answer draws on."""
        return self._outbox.cards

    def until_done(self, answering: "Future[Any]") -> Halt | None:
        """Send what the agents say until `answering` is done, or there is a reason to halt it."""
        answering.add_done_callback(lambda _: self._wake())
        while True:
            with self._changed:
                while not answering.done() and (seconds := self._wait()) > 0:
                    self._changed.wait(seconds)
            if answering.done():
                return None
            if halt := self._turn():
                self.close()
                return halt

    def conclude(self, control: Control | None, last: ServerFrame) -> None:
        """Send what is left and then `last`, to where the client is according to `control`, if that is known."""
        if control:
            self._follow(control)
        for _ in range(_LAST_PUSHES):
            self._send_pending()
            if self._outbox.next_frame() is None and self._connection_id and self._push(self._connection_id, last):
                return
            if self._connection_id is None:
                return
            time.sleep(RETRY_INTERVAL)
        logger.warning("the end of an answer could not be pushed")  # it is stored; a resume brings it

    def close(self) -> None:
        """Hear nothing more: the agents get `AnswerStopped`."""
        with self._changed:
            self._closed = True

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def _wait(self) -> float:
        now = self._clock()
        until = min(self._next_heartbeat, self._deadline) - now
        if self._connection_id is None:
            return until
        return min(until, max(self._outbox.wait(now), self._next_push - now))

    def _turn(self) -> Halt | None:
        if self._clock() >= self._deadline:
            return Halt.DEADLINE
        if halt := self._heartbeat():
            return halt
        self._send_pending()
        return None

    def _heartbeat(self) -> Halt | None:
        self._next_heartbeat = self._clock() + HEARTBEAT_INTERVAL
        try:
            with self._database.transaction() as connection:
                control = runs.heartbeat(connection, self._claim.answer_id, self._claim.attempt)
        except ServiceUnavailable:
            return None  # the client still listens where it was; the end of the answer needs the database
        if control is None:
            return Halt.UNWANTED
        self._follow(control)
        return Halt.STOPPED if control.stop_requested else None

    def _follow(self, control: Control) -> None:
        self._connection_id = control.connection_id
        if control.resume_from is not None:
            with self._changed:
                self._outbox.rewind(control.resume_from)
            self._next_push = self._clock()

    def _send_pending(self) -> None:
        while self._connection_id is not None:
            with self._changed:
                frame = self._outbox.next_frame()
            if frame is None or not self._push(self._connection_id, frame):
                return
            with self._changed:
                self._outbox.sent(frame, self._clock())

    def _push(self, connection_id: str, frame: ServerFrame) -> bool:
        try:
            self._pusher.push(connection_id, frame)
        except ConnectionGone:
            self._forget(connection_id)
            return False
        except PushFailed:
            self._next_push = self._clock() + RETRY_INTERVAL
            return False
        return True

    def _forget(self, connection_id: str) -> None:
        self._connection_id = None
        try:
            with self._database.transaction() as connection:
                runs.detach(connection, self._claim.answer_id, connection_id)
                connections.remove(connection, connection_id)
        except ServiceUnavailable:
            pass  # it is found gone again, then
