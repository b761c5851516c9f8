"""What a client needs to use a stack from outside: a user, a WebSocket, the stand-ins' controls."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection

Frame = dict[str, Any]
FRAME_SECONDS = 60


@dataclass(frozen=True)
class User:
    """Somebody signed up, confirmed and logged in. `rest` calls the API with their token."""

    email: str
    password: str
    id: str
    tokens: dict[str, Any] = field(repr=False)
    rest: httpx.Client = field(repr=False)

    @property
    def token(self) -> str:
        return self.tokens["id_token"]


class Socket:
    """A WebSocket that speaks in frames."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, kind: str, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": kind, **fields}, ensure_ascii=False))

    async def ask(self, text: str, **fields: Any) -> str:
        """Send a question; its request_id."""
        request_id = fields.pop("request_id", uuid4().hex)
        await self.send("message", request_id=request_id, text=text, **fields)
        return request_id

    async def receive(self) -> Frame:
        return json.loads(await asyncio.wait_for(self.connection.recv(), FRAME_SECONDS))

    async def until(self, *kinds: str) -> list[Frame]:
        """Frames up to and including the first of these types."""
        frames = [await self.receive()]
        while frames[-1]["type"] not in kinds:
            frames.append(await self.receive())
        return frames

    async def answer(self) -> list[Frame]:
        """Frames up to the end of an answer, `done` or `error`."""
        return await self.until("done", "error")


def text_of(frames: list[Frame]) -> str:
    """The answer that token frames add up to."""
    text = ""
    for frame in frames:
        if frame["type"] == "token":
            text = text[: frame["offset"]] + frame["text"]
    return text


class StandIn:
    """The way into a stand-in for a paid service: make it slow, make it fail, see what it was asked."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/_standin", timeout=10, trust_env=False)

    def delay(self, **milliseconds: float) -> None:
        """Wait before pieces of streams; see `finq_local.standins.registry.Delays`."""
        self._client.put("/faults", json=milliseconds).raise_for_status()

    def fail(self, operation: str, error: str, *, count: int = 1, after_tokens: int | None = None) -> None:
        """Let the next `count` calls of `operation` fail."""
        fault = {"operation": operation, "error": error, "count": count, "after_tokens": after_tokens}
        self._client.put("/faults", json=fault).raise_for_status()

    def counted(self) -> dict[str, Any]:
        """Calls, errors, tokens and streams so far; the last requests, where it records them."""
        return self._client.get("/calls").raise_for_status().json()

    def behave(self) -> None:
        """Forget faults and delays."""
        self._client.delete("/faults").raise_for_status()
