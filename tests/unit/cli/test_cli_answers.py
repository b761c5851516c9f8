"""A question over a WebSocket that breaks, is refused, or is stopped."""

import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from finq_local.cli import answers
from finq_local.stack.service import StackError

CHAT = "0b3b8a52-2f0b-4f5e-9a55-0f2b7a6c9f10"
Script = Callable[["Peer"], Awaitable[None]]


class Peer:
    """The server's side of one connection."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.request_id = ""

    async def receive(self) -> dict[str, Any]:
        frame = json.loads(await self.connection.recv())
        self.request_id = frame["request_id"]
        return frame

    async def send(self, kind: str, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": kind, "request_id": self.request_id, **fields}))

    async def ack(self) -> None:
        await self.send("ack", chat_id=CHAT, message_id=CHAT, duplicate=False)

    async def done(self, *, stopped: bool = False) -> None:
        await self.send("done", chat_id=CHAT, stopped=stopped, usage={}, model="m")

    async def cut(self) -> None:
        """Break the connection as a network does."""
        self.connection.transport.abort()


class Recorder:
    """A view that keeps what it is shown."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.reconnections = 0

    def frame(self, raw: str, frame: dict[str, Any]) -> None:
        assert json.loads(raw) == frame
        self.frames.append(frame)

    def reconnecting(self) -> None:
        self.reconnections += 1


@asynccontextmanager
async def server(*scripts: Script) -> AsyncIterator[str]:
    """Plays one script per connection; its HTTP address."""
    remaining = iter(scripts)

    async def handle(connection: ServerConnection) -> None:
        assert connection.subprotocol == "finq.v1"
        await next(remaining)(Peer(connection))

    def choose(connection: ServerConnection, offered: Any) -> Any:
        assert list(offered) == ["finq.v1", "bearer.the-token"]
        return "finq.v1"

    async with serve(handle, "127.0.0.1", 0, select_subprotocol=choose) as running:
        [socket] = running.sockets
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"


async def ask(url: str, view: Recorder, chat_id: str | None = None) -> answers.Outcome:
    return await answers.ask(url, lambda: "the-token", "질문", chat_id, view)


@pytest.fixture(autouse=True)
def no_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "RECONNECT_DELAYS", (0, 0, 0))


async def test_answer_is_followed_to_its_end() -> None:
    async def whole(peer: Peer) -> None:
        frame = await peer.receive()
        assert frame == {"type": "message", "request_id": peer.request_id, "text": "질문", "chat_id": CHAT}
        await peer.ack()
        await peer.send("token", text="안녕", offset=0)
        await peer.send("token", text="하세요", offset=2)
        await peer.done()

    view = Recorder()
    async with server(whole) as url:
        outcome = await ask(url, view, CHAT)
    assert outcome == answers.Outcome(CHAT, "안녕하세요", complete=True)
    assert [frame["type"] for frame in view.frames] == ["ack", "token", "token", "done"]


async def test_lost_connection_is_resumed_from_what_came() -> None:
    async def breaks(peer: Peer) -> None:
        await peer.receive()
        await peer.ack()
        await peer.send("token", text="안녕", offset=0)
        await peer.cut()

    async def goes_on(peer: Peer) -> None:
        frame = await peer.receive()
        assert (frame["type"], frame["received"]) == ("resume", 2)
        await peer.send("token", text="하세요", offset=2)
        await peer.done()

    view = Recorder()
    async with server(breaks, goes_on) as url:
        outcome = await ask(url, view)
    assert outcome.text == "안녕하세요"
    assert outcome.complete
    assert view.reconnections == 1


async def test_question_lost_before_its_ack_is_sent_again_under_the_same_id() -> None:
    seen: list[str] = []

    async def breaks(peer: Peer) -> None:
        seen.append((await peer.receive())["request_id"])
        await peer.cut()

    async def answers_it(peer: Peer) -> None:
        frame = await peer.receive()
        seen.append(frame["request_id"])
        assert frame["type"] == "message"
        await peer.ack()
        await peer.done()

    async with server(breaks, answers_it) as url:
        outcome = await ask(url, Recorder())
    assert outcome.complete
    assert seen[0] == seen[1]


async def test_restarted_answer_replaces_what_came() -> None:
    async def restarts(peer: Peer) -> None:
        await peer.receive()
        await peer.ack()
        await peer.send("token", text="처음 답", offset=0)
        await peer.send("token", text="다른 답", offset=0)
        await peer.done()

    async with server(restarts) as url:
        assert (await ask(url, Recorder())).text == "다른 답"


async def test_frames_of_other_requests_are_left_alone() -> None:
    async def mixed(peer: Peer) -> None:
        await peer.receive()
        await peer.ack()
        await peer.connection.send(json.dumps({"type": "done", "request_id": "another", "stopped": False}))
        await peer.send("token", text="답", offset=0)
        await peer.done()

    view = Recorder()
    async with server(mixed) as url:
        assert (await ask(url, view)).text == "답"
    assert all(frame["request_id"] != "another" for frame in view.frames)


async def test_error_frame_ends_it_incomplete() -> None:
    async def fails(peer: Peer) -> None:
        await peer.receive()
        await peer.send("error", code="TOO_MANY_REQUESTS", message="잠시 후", retryable=True, details=None)

    async with server(fails) as url:
        outcome = await ask(url, Recorder())
    assert not outcome.complete
    assert not outcome.stopped


async def test_ctrl_c_sends_stop_and_waits_for_the_end() -> None:
    async def stoppable(peer: Peer) -> None:
        await peer.receive()
        await peer.ack()
        await peer.send("token", text="긴 ", offset=0)
        os.kill(os.getpid(), signal.SIGINT)
        assert (await peer.receive())["type"] == "stop"
        await peer.done(stopped=True)

    async with server(stoppable) as url:
        outcome = await ask(url, Recorder())
    assert outcome.stopped
    assert not outcome.complete
    assert outcome.text == "긴 "


async def test_server_that_stays_away_is_a_message() -> None:
    async def breaks(peer: Peer) -> None:
        await peer.receive()
        await peer.cut()

    async with server(breaks, breaks, breaks, breaks) as url:
        with pytest.raises(StackError, match="does not come back"):
            await ask(url, Recorder())


async def test_refusal_is_not_tried_again() -> None:
    attempts = 0

    def refuse(connection: ServerConnection, request: Any) -> Any:
        nonlocal attempts
        attempts += 1
        return connection.respond(401, "no")

    async def never(connection: ServerConnection) -> None:
        raise AssertionError

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as running:
        [socket] = running.sockets
        with pytest.raises(StackError, match="refused"):
            await ask(f"http://127.0.0.1:{socket.getsockname()[1]}", Recorder())
    assert attempts == 1
