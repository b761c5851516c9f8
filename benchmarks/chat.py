"""Chat turns through the embedded stack: what FinQ adds to the model's own time, and memory afterwards.

The rule-based stand-in answers; its log tells how long each of its calls took and when it sent its first piece.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.figures import Figure, p50, p99
from finq_local.cli.api import Api
from finq_local.stack import functions
from finq_local.stack.emulator import CONFIRMATION_CODE
from finq_local.stack.layout import COMPONENTS, Layout
from finq_local.stack.service import free_ports
from finq_local.stack.supervisor import Supervisor

PIECE_MS = "10"  # the model's pace; as fast as it can, its own work on two cores would be measured as ours
USERS = 8
TURNS = 15  # each; a user may ask 20 questions a minute
WARM_UP = 2
QUESTIONS = (
    "25살인데 청년 적금 추천해줘",
    "서울 사는 취준생 면접 정장 빌리는 곳",
    "월세 지원 받을 수 있을까요",
    "자격증 응시료 지원 서류 알려줘",
    "창업 자금이 필요해요",
)


@dataclass(frozen=True)
class Turn:
    """Milliseconds. `own`: from question to `done` without the model's; `first`: first token after the model's."""

    own: float
    first: float


def run() -> Iterator[Figure]:
    """Overhead of a turn, delay of the first token, lost or doubled text, memory of each function."""
    with _stack() as layout:
        broken = 0
        turns: list[Turn] = []
        for _ in range(USERS):
            address = f"ws://127.0.0.1:{layout.port('gateway')}/ws"
            offered = [Subprotocol("finq.v1"), Subprotocol(f"bearer.{_new_user(layout)}")]
            with connect(address, subprotocols=offered, proxy=None) as connection:
                for number in range(TURNS):
                    turn, whole = _ask(layout, connection, QUESTIONS[number % len(QUESTIONS)])
                    broken += not whole
                    if number >= WARM_UP:
                        turns.append(turn)
        yield Figure("chat.turns", len(turns), "count")
        yield Figure("chat.overhead.p50", p50([turn.own for turn in turns]), "ms", bar=60)
        yield Figure("chat.overhead.p99", p99([turn.own for turn in turns]), "ms", bar=200)
        yield Figure("chat.first_token.p50", p50([turn.first for turn in turns]), "ms", bar=20)
        yield Figure("chat.first_token.p99", p99([turn.first for turn in turns]), "ms")
        yield Figure("chat.lost_or_doubled", broken, "count", bar=0)
        functions.invoke(layout, "finkurn-check-pgvector")
        for name, function in functions.gateway_status(layout)["functions"].items():
            used = [worker["max_memory_mb"] for worker in function["workers"] if worker["max_memory_mb"]]
            if used:
                yield Figure(f"memory.{name}", max(used), "MB", bar=function["memory"])


@contextmanager
def _stack() -> Iterator[Layout]:
    while True:
        [port] = free_ports(1)
        if port + len(COMPONENTS) < 65535:
            break
    with tempfile.TemporaryDirectory(prefix="finq-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        layout = Layout(home, port)
        os.environ["FINQ_BEDROCK_TOKEN_MS"] = PIECE_MS
        with Supervisor(layout, lambda event: None) as supervisor:
            supervisor.start()
            yield layout


def _new_user(layout: Layout) -> str:
    """ID token of a new 25-year-old in Seoul."""
    api = Api(layout)
    who = {"email": f"bench-{uuid4().hex}@example.com", "password": f"{uuid4().hex}aA1!"}
    api.call("POST", "/api/auth/signup", json=who)
    api.call("POST", "/api/auth/confirm", json={"email": who["email"], "code": CONFIRMATION_CODE})
    token = str(api.call("POST", "/api/auth/login", json=who)["id_token"])
    api.call("PATCH", "/api/me", token=token, json={"age": 25, "region": "서울"})
    return token


def _ask(layout: Layout, connection: ClientConnection, text: str) -> tuple[Turn, bool]:
    """One turn, and whether its text came whole and once."""
    log = layout.log("bedrock")
    position = log.stat().st_size
    request_id, answer, whole, first_token = uuid4().hex, "", True, 0.0
    began = time.time()
    connection.send(json.dumps({"type": "message", "request_id": request_id, "text": text}))
    while True:
        frame = json.loads(connection.recv(timeout=30))
        if frame["type"] == "token":
            first_token = first_token or time.time()
            whole = whole and frame["offset"] == len(answer)
            answer += frame["text"]
        elif frame["type"] == "done":
            ended = time.time()
            break
        elif frame["type"] == "error":
            raise RuntimeError(f"the answer failed: {frame['code']}")
    calls = _model_calls(log, position)
    # A stream is logged twice: when it is opened, and with its whole length when it ends.
    model = sum(call["ms"] for call in calls if call["message"] != "converse-stream")
    [stream] = [call for call in calls if call["message"] == "stream"]
    own = (ended - began) * 1000 - model
    return Turn(own, (first_token - stream["first_at"]) * 1000), whole and bool(answer)


def _model_calls(log: Path, position: int) -> list[dict[str, float | str]]:
    """What the stand-in logged since `position`, once its stream has ended."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with log.open("rb") as file:
            file.seek(position)
            calls = [json.loads(line) for line in file.read().splitlines() if line.startswith(b"{")]
        if any(call["message"] == "stream" for call in calls):
            return calls
    raise TimeoutError("the stand-in did not log the end of its stream")
