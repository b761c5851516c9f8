"""The chats' surroundings: `@connections` and Lambda's invoke API over HTTP, real PostgreSQL, a scripted assistant."""

import json
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import boto3
import pytest
from botocore.config import Config

from finq.agents.conversation import AnswerStopped, Listener, Question, Reply
from finq.chats import connections
from finq.chats.answering import Answered, Answering
from finq.chats.invoke import Chatbot, Run
from finq.chats.push import Pusher
from finq.chats.websocket import Socket
from finq.database import Database
from finq.policies.card import PolicyCard

Frame = dict[str, Any]
PATIENCE = 10.0  # seconds a test waits for what must happen


class Hub:
    """Records what is posted to connections and what functions are invoked with; answers 410, 500 or 429 on demand."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frames: dict[str, list[Frame]] = {}
        self.gone: set[str] = set()
        self.failing: dict[str, int] = {}  # connection -> how many posts are still to fail
        self.invoked: list[tuple[str, Run]] = []
        self.invoke_status = 202
        self.on_wait: Callable[[Run], dict[str, Any] | None] = lambda _: {}
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each answer waits 40 ms for a delayed ACK

            def handle(self) -> None:
                with suppress(ConnectionError):  # a client that is thrown away with its test
                    super().handle()

            def finish(self) -> None:
                with suppress(ConnectionError):
                    super().finish()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                *_, kind, name = unquote(self.path).removesuffix("/invocations").split("/")
                if kind == "@connections":
                    self.answer(hub.post(name, body))
                else:
                    invocation = self.headers["X-Amz-Invocation-Type"]
                    self.answer(*hub.invoke(invocation, Run.model_validate_json(body)))

            def answer(self, status: int, body: dict[str, Any] | None = None, crashed: bool = False) -> None:
                data = json.dumps(body or {}).encode()
                self.send_response(status)
                if crashed:
                    self.send_header("X-Amz-Function-Error", "Unhandled")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def post(self, connection_id: str, body: bytes) -> int:
        assert len(body) <= 32 * 1024
        with self._changed:
            if connection_id in self.gone:
                return 410
            if self.failing.get(connection_id, 0) > 0:
                self.failing[connection_id] -= 1
                return 400  # boto3 does not repeat it by itself
            self._frames.setdefault(connection_id, []).append(json.loads(body))
            self._changed.notify_all()
            return 200

    def invoke(self, invocation: str, run: Run) -> tuple[int, dict[str, Any] | None, bool]:
        self.invoked.append((invocation, run))
        if self.invoke_status >= 300:
            return self.invoke_status, {"message": "no"}, False
        if invocation == "Event":
            return 202, None, False
        result = self.on_wait(run)
        return 200, result, result is None

    def frames(self, connection_id: str, kind: str | None = None) -> list[Frame]:
        with self._changed:
            frames = list(self._frames.get(connection_id, []))
        return [frame for frame in frames if kind in (None, frame["type"])]

    def wait(self, connection_id: str, met: Callable[[list[Frame]], bool]) -> list[Frame]:
        """The connection's frames once they meet the condition."""
        with self._changed:
            if not self._changed.wait_for(lambda: met(self._frames.get(connection_id, [])), PATIENCE):
                pytest.fail(f"waited in vain; frames so far: {self._frames.get(connection_id, [])}")
            return list(self._frames[connection_id])

    def wait_for(self, connection_id: str, kind: str) -> Frame:
        """The first frame of that type, once it is there."""
        frames = self.wait(connection_id, lambda frames: any(frame["type"] == kind for frame in frames))
        return next(frame for frame in frames if frame["type"] == kind)

    def wait_text(self, connection_id: str, text: str, held: str = "") -> None:
        """Wait until the client, which held `held` before, has `text`."""
        self.wait(connection_id, lambda frames: text_of(frames, held) == text)


def text_of(frames: Sequence[Frame], held: str = "") -> str:
    """What a client makes of its frames."""
    for frame in frames:
        if frame["type"] == "token":
            assert frame["offset"] <= len(held), "a gap"
            held = held[: frame["offset"]] + frame["text"]
    return held


class Script:
    """An assistant that says what the test tells it, when the test tells it."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.ended: queue.Queue[str] = queue.Queue()
        self._steps: queue.Queue[Callable[[Listener], None]] = queue.Queue()
        self._said: list[str] = []

    def stage(self, stage: Any) -> None:
        self._steps.put(lambda listener: listener.stage(stage))

    def sources(self, cards: Sequence[PolicyCard]) -> None:
        self._steps.put(lambda listener: listener.sources(cards))

    def say(self, text: str) -> None:
        def step(listener: Listener) -> None:
            self._said.append(text)
            listener.text(text)

        self._steps.put(step)

    def wait(self, event: threading.Event) -> None:
        """Be silent, as a model that thinks, until `event`."""
        self._steps.put(lambda _: _occurs(event))

    def babble(self) -> None:
        """Go on and on, as a model nobody has stopped."""

        def step(listener: Listener) -> None:
            pause = threading.Event()
            for _ in range(int(PATIENCE / 0.01)):
                listener.text("")
                pause.wait(0.01)

        self._steps.put(step)

    def crash(self, error: Exception) -> None:
        def step(_: Listener) -> None:
            raise error

        self._steps.put(step)

    def end(self) -> None:
        def step(_: Listener) -> None:
            raise StopIteration

        self._steps.put(step)

    def answer(self, question: Question, listener: Listener) -> Reply:
        self.questions.append(question)
        self._said = []
        try:
            while True:
                self._steps.get(timeout=PATIENCE)(listener)
        except StopIteration:
            self.ended.put("complete")
            return self._reply()
        except AnswerStopped as stopped:
            self.ended.put("stopped")
            stopped.reply = self._reply()
            raise

    def _reply(self) -> Reply:
        return Reply(
            text="".join(self._said),
            cards=(),
            route="policy_search",
            model="test-model",
            usage={"input_tokens": 10, "output_tokens": len(self._said), "model_calls": 2},
            grounding={"cited": ["P1"]},
            timings={"total": 1.0},
        )


def _occurs(event: threading.Event) -> None:
    assert event.wait(PATIENCE)


class World:
    """Two functions around one database: what ws-message does, and any number of chatbots."""

    def __init__(self, hub: Hub, url: str) -> None:
        self.hub = hub
        self.url = url
        self._databases: list[Database] = []
        self._threads: list[threading.Thread] = []
        self.database = self.another_database()
        options = {
            "region_name": "ap-northeast-2",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "endpoint_url": hub.endpoint,
        }
        self.pusher = Pusher(boto3.client("apigatewaymanagementapi", **options))
        once = Config(retries={"total_max_attempts": 1}, read_timeout=1)
        client = boto3.client("lambda", config=once, **options)
        self.chatbot = Chatbot("finkurn-chatbot", events=client, waiting=client)
        self.socket = Socket(self.database, self.pusher, self.chatbot)

    def another_database(self, url: Callable[[], str] | None = None) -> Database:
        database = Database(url or (lambda: self.url))
        self._databases.append(database)
        return database

    def another_socket(self) -> Socket:
        """A second ws-message process."""
        return Socket(self.another_database(), self.pusher, self.chatbot)

    def user(self) -> UUID:
        user_id = uuid4()
        with self.database.transaction() as connection:
            connection.execute("INSERT INTO users (id, email) VALUES (%s, 'someone@example.test')", (user_id,))
        return user_id

    def connect(self, user_id: UUID) -> str:
        connection_id = f"c-{uuid4().hex}="
        with self.database.transaction() as connection:
            connections.add(connection, connection_id, user_id)
        return connection_id

    def send(self, connection_id: str, **frame: Any) -> None:
        self.socket.receive(connection_id, json.dumps(frame))

    def ask(self, connection_id: str, request_id: str = "r1", text: str = "월세 지원 알려줘", **more: Any) -> Frame:
        """Send a message; its ack."""
        self.send(connection_id, type="message", request_id=request_id, text=text, **more)
        acks = [frame for frame in self.hub.frames(connection_id, "ack") if frame["request_id"] == request_id]
        assert acks, self.hub.frames(connection_id)
        return acks[-1]

    def answer(
        self, script: Script, *, seconds_left: float = 100.0, database: Database | None = None
    ) -> "queue.Queue[Answered]":
        """Run a chatbot on the last event, in the background; its result arrives in the queue."""
        answering = Answering(script, database or self.another_database(), self.pusher)
        results: queue.Queue[Answered] = queue.Queue()
        _, run = self.hub.invoked[-1]
        thread = threading.Thread(target=lambda: results.put(answering.answer(run, seconds_left)))
        self._threads.append(thread)
        thread.start()
        return results

    def row(self, statement: str, *values: Any) -> dict[str, Any]:
        with self.database.transaction() as connection:
            row = connection.execute(statement, values).fetchone()
        assert row is not None
        return row

    def execute(self, statement: str, *values: Any) -> None:
        with self.database.transaction() as connection:
            connection.execute(statement, values)

    def close(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        for database in self._databases:
            database.close()


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    thread = threading.Thread(target=lambda: hub.server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    yield hub
    hub.server.shutdown()
    hub.server.server_close()


@pytest.fixture
def world(hub: Hub, database: Database, postgres_url: str) -> Iterator[World]:
    """`database` has emptied the tables."""
    world = World(hub, postgres_url)
    yield world
    world.close()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def make_script() -> type[Script]:
    return Script
