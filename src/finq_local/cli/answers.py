"""One question over the WebSocket: sent, resumed after a lost connection, stopped by Ctrl-C."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from finq_local.cli.chat_view import View
from finq_local.stack.service import StackError

PROTOCOL = "finq.v1"
RECONNECT_DELAYS = (0.2, 0.5, 1, 2, 4)
# The chatbot sends something at least this often, or it has died and the server says so on `resume`.
SILENCE_SECONDS = 60


@dataclass
class Outcome:
    """How a question ended. `text` is the answer as far as it came."""

    chat_id: str | None = None
    text: str = ""
    complete: bool = False
    stopped: bool = False


class _Lost(Exception):
    """The connection ended before the answer did."""


async def ask(url: str, token: Callable[[], str], text: str, chat_id: str | None, view: View) -> Outcome:
    """Ask and follow the answer to its end.

    Args:
        url: of the gateway.
        token: gives an ID token that works now; called for each connection.
        chat_id: the chat to go on with, or None for a new one.

    Raises:
        StackError: the server refuses, or stays out of reach.
    """
    question = _Question(text, chat_id, view)
    address = f"{url.replace('http', 'ws', 1)}/ws"
    delays = iter(RECONNECT_DELAYS)
    with question.stoppable():
        while True:
            try:
                async with _connection(address, token()) as connection:
                    await question.follow(connection)
                return question.outcome
            except (_Lost, ConnectionClosed, OSError, TimeoutError, InvalidHandshake) as error:
                if isinstance(error, InvalidStatus) and error.response.status_code < 500:
                    raise StackError(f"The connection was refused ({error}). Try: finq logout") from None
                delay = next(delays, None)
                if delay is None:
                    raise StackError("The connection was lost and does not come back. Look at: finq status") from None
                view.reconnecting()
                await asyncio.sleep(delay)


@asynccontextmanager
async def _connection(address: str, token: str) -> AsyncIterator[ClientConnection]:
    offered = [Subprotocol(PROTOCOL), Subprotocol(f"bearer.{token}")]
    async with connect(
        address, subprotocols=offered, proxy=None, open_timeout=15, close_timeout=1, compression=None, max_size=None
    ) as connection:
        yield connection


class _Question:
    """A question across connections."""

    def __init__(self, text: str, chat_id: str | None, view: View) -> None:
        self.outcome = Outcome(chat_id)
        self._text = text
        self._view = view
        self._request_id = uuid4().hex
        self._accepted = False
        self._stop = asyncio.Event()
        self._interrupts = 0

    def stoppable(self) -> "_Stoppable":
        """A context in which Ctrl-C stops the answer; a second one does not wait for it."""
        return _Stoppable(self._interrupt)

    async def follow(self, connection: ClientConnection) -> None:
        """Send what this connection needs to know and take frames until the answer ends.

        Raises:
            _Lost, ConnectionClosed, TimeoutError: it ended before.
        """
        if self._accepted:
            await self._send(connection, "resume", received=len(self.outcome.text))
        else:
            chat = {"chat_id": self.outcome.chat_id} if self.outcome.chat_id else {}
            await self._send(connection, "message", text=self._text, **chat)
        stopping = asyncio.create_task(self._send_stop(connection))
        try:
            while True:
                raw = await asyncio.wait_for(connection.recv(decode=True), SILENCE_SECONDS)
                if self._take(str(raw)):
                    return
        finally:
            stopping.cancel()

    def _take(self, raw: str) -> bool:
        """Note one frame; whether it was the last."""
        frame: dict[str, Any] = json.loads(raw)
        if frame.get("request_id") not in (self._request_id, None):
            return False
        outcome = self.outcome
        match frame["type"]:
            case "ack":
                self._accepted = True
                outcome.chat_id = frame["chat_id"]
            case "token":
                outcome.text = outcome.text[: frame["offset"]] + frame["text"]
            case "done":
                outcome.stopped = frame["stopped"]
                outcome.complete = not outcome.stopped
        self._view.frame(raw, frame)
        return frame["type"] in ("done", "error")

    async def _send(self, connection: ClientConnection, kind: str, **fields: Any) -> None:
        await connection.send(json.dumps({"type": kind, "request_id": self._request_id, **fields}, ensure_ascii=False))

    async def _send_stop(self, connection: ClientConnection) -> None:
        await self._stop.wait()
        await self._send(connection, "stop")

    def _interrupt(self) -> None:
        self._interrupts += 1
        if self._interrupts > 1:
            raise KeyboardInterrupt
        self._stop.set()


class _Stoppable:
    """SIGINT calls a function while the event loop runs."""

    def __init__(self, interrupt: Callable[[], None]) -> None:
        self._interrupt = interrupt

    def __enter__(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._interrupt)

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
