"""The whole system, started once a session as `finq up` does it, and what a client needs to use it from outside."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from finq_local.stack import background, functions, postgres, shutdown, state
from finq_local.stack.emulator import CONFIRMATION_CODE
from finq_local.stack.layout import COMPONENTS, Layout
from finq_local.stack.provision import client
from finq_local.stack.service import ProcessId, free_port_range

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


@dataclass(frozen=True)
class Stack:
    """A running stack with the sample policies."""

    layout: Layout

    @property
    def url(self) -> str:
        return self.layout.url

    @property
    def websocket_url(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/ws"

    @property
    def bedrock_url(self) -> str:
        """The stand-in; faults and counts at /_standin."""
        return f"http://127.0.0.1:{self.layout.port('bedrock')}"

    @property
    def tavily_url(self) -> str:
        return f"http://127.0.0.1:{self.layout.port('tavily')}"

    @property
    def database(self) -> str:
        """libpq connection string."""
        return postgres.conninfo(self.layout.home, self.layout.port("postgres"), functions.DATABASE)

    @property
    def s3(self) -> Any:
        """A boto3 client of where policy records are stored."""
        return client("s3", self.layout.port("aws"))

    @property
    def environment(self) -> dict[str, str]:
        """What makes `finq` talk to this stack."""
        return {
            **os.environ,
            "FINQ_HOME": str(self.layout.home),
            "FINQ_PORT": str(self.layout.base_port),
            "COLUMNS": "200",
            "NO_COLOR": "1",
        }

    def finq(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the command line."""
        options = {"env": self.environment, "timeout": 120, **options}
        return subprocess.run(
            [Path(sys.executable).with_name("finq"), *arguments], capture_output=True, text=True, check=False, **options
        )

    def invoke(self, function: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call a function through Lambda's API."""
        return functions.invoke(self.layout, function, payload)

    def workers(self, function: str) -> list[dict[str, Any]]:
        """The function's processes: `pid`, `state` (starting, idle, busy) and more."""
        return functions.gateway_status(self.layout)["functions"][function]["workers"]

    def function_pids(self) -> dict[str, set[int]]:
        """Process ids of every function that has any."""
        status = functions.gateway_status(self.layout)["functions"]
        return {
            name: {worker["pid"] for worker in found["workers"]} for name, found in status.items() if found["workers"]
        }

    def component(self, name: str) -> ProcessId:
        """The process of a component, as the supervisor last started it."""
        found = state.running(self.layout.home)
        assert found, "the stack is gone"
        return found.processes[name]

    @asynccontextmanager
    async def connect(self, user: User) -> AsyncIterator[Socket]:
        offered = [Subprotocol("finq.v1"), Subprotocol(f"bearer.{user.token}")]
        async with connect(self.websocket_url, subprotocols=offered, proxy=None, open_timeout=30) as connection:
            yield Socket(connection)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The stack. It ends with this session, however that ends."""
    home = Path(tempfile.mkdtemp(prefix="finq-journey-"))
    home.chmod(0o711)  # PostgreSQL's user passes through when we are root
    layout = Layout(home, free_port_range(len(COMPONENTS)))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FINQ_BEDROCK_RECORD", "1")  # tests look at what the model was given
        background.start(layout, lambda event: None, outlive=False)
    yield Stack(layout)
    shutdown.stop(home)
    shutdown.purge(home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def bedrock(stack: Stack) -> Iterator[StandIn]:
    """The model."""
    standin = StandIn(stack.bedrock_url)
    yield standin
    standin.behave()


@pytest.fixture
def tavily(stack: Stack) -> Iterator[StandIn]:
    """The web search."""
    standin = StandIn(stack.tavily_url)
    yield standin
    standin.behave()


@pytest.fixture(scope="session")
def rest(stack: Stack) -> Iterator[httpx.Client]:
    """The REST API without a login."""
    with httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def new_user(stack: Stack, rest: httpx.Client) -> Iterator[Callable[..., User]]:
    """Makes a user through the API; keyword arguments become their profile."""
    clients: list[httpx.Client] = []

    def make(**profile: Any) -> User:
        person = {"email": f"{uuid4().hex}@example.com", "password": "Correct-horse-1!"}
        rest.post("/api/auth/signup", json=person).raise_for_status()
        confirmation = {"email": person["email"], "code": CONFIRMATION_CODE}
        rest.post("/api/auth/confirm", json=confirmation).raise_for_status()
        tokens = rest.post("/api/auth/login", json=person).raise_for_status().json()
        headers = {"Authorization": tokens["id_token"]}
        client = httpx.Client(base_url=stack.url, headers=headers, timeout=60, trust_env=False)
        clients.append(client)
        if profile:
            client.patch("/api/me", json=profile).raise_for_status()
        return User(**person, id=tokens["user_id"], tokens=tokens, rest=client)

    yield make
    for one in clients:
        one.close()
