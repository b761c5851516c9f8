"""Two people at once: each hears and sees their own, and somebody else's is as if it did not exist."""

import asyncio
import re
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from journey_answers import QUESTION, transcript, wait_until, whole

from finq.rest import contract_path

QUESTIONS = [QUESTION, "월세 지원 알려줘", "면접 보는 데 지원 있어?", "자격증 응시료 지원 알려줘"]
METHODS = ("get", "put", "post", "patch", "delete")

# First segment of the path -> whose the `{id}` is. A resource that is new in the contract must be entered here.
OWNED = {"chats", "messages", "user-policies"}
PUBLIC = {"policies"}


async def start_chatbots(stack: Any, users: list[Any], bedrock: Any) -> None:
    """Keep four chatbots busy at once, so that none of the next answers waits for a process to start."""

    async def greet(user: Any) -> None:
        async with stack.connect(user) as socket:
            await socket.ask("안녕")
            await socket.answer()

    while len(stack.workers("finkurn-chatbot")) < 4:
        bedrock.delay(first_token_ms=1000)
        await asyncio.gather(*(greet(user) for user in users * 2))
    bedrock.behave()


@pytest.mark.parametrize("connections", [2, 4])
async def test_four_answers_at_once_reach_those_who_asked(stack, new_user, bedrock, connections) -> None:
    users = [new_user(birth_year=2001, region="서울"), new_user(birth_year=1992, region="부산")]
    asks = list(zip([users[0], users[0], users[1], users[1]], QUESTIONS, strict=True))
    chats = [user.rest.post("/api/chats", json={}).raise_for_status().json()["id"] for user, _ in asks]
    await start_chatbots(stack, users, bedrock)
    bedrock.delay(token_ms=200)  # until all four are being written

    async with AsyncExitStack() as opened:
        owners = [user for user in users for _ in range(connections // 2)]
        sockets = [await opened.enter_async_context(stack.connect(user)) for user in owners]
        asked: dict[Any, list[str]] = defaultdict(list)
        for number, ((_, question), chat_id) in enumerate(zip(asks, chats, strict=True)):
            socket = sockets[number * connections // len(asks)]
            asked[socket].append(await socket.ask(question, chat_id=chat_id))
        begun: set[str] = set()

        async def listen(socket: Any) -> list[dict[str, Any]]:
            frames: list[dict[str, Any]] = []
            ended: set[str] = set()
            while len(ended) < len(asked[socket]):
                frames.append(frame := await socket.receive())
                if frame["type"] == "token" and frame["request_id"] not in begun:
                    begun.add(frame["request_id"])
                    if len(begun) == len(asks):
                        await asyncio.to_thread(bedrock.delay, token_ms=2)
                if frame["type"] in ("done", "error"):
                    assert len(begun) == len(asks), "they were not written at the same time"
                    ended.add(frame["request_id"])
            await socket.send("ping")  # whatever else is on its way comes before its answer
            return frames + (await socket.until("pong"))[:-1]

        heard = dict(zip(sockets, await asyncio.gather(*map(listen, sockets)), strict=True))

    for socket, frames in heard.items():
        assert {frame["request_id"] for frame in frames} == set(asked[socket])
    answers = [
        [frame for frame in heard[socket] if frame["request_id"] == request_id]
        for socket in sockets
        for request_id in asked[socket]
    ]
    for (user, question), chat_id, frames in zip(asks, chats, answers, strict=True):
        kinds = [frame["type"] for frame in frames]
        assert (kinds[0], kinds[-1]) == ("ack", "done")
        assert kinds.count("ack") == kinds.count("sources") == kinds.count("done") == 1
        assert frames[0]["chat_id"] == frames[-1]["chat_id"] == chat_id
        assert transcript(user, chat_id) == [("user", question), ("assistant", whole(frames))]
    assert len({whole(frames) for frames in answers}) == len(asks)


@dataclass(frozen=True)
class Operation:
    """One with an `{id}` in its path."""

    method: str
    path: str
    spec: dict[str, Any]

    @property
    def resource(self) -> str:
        return self.path.split("/")[2]

    def call(self, client: httpx.Client, id_: str) -> httpx.Response:
        """With a body that the contract accepts."""
        schema = self.spec.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        body = {"json": example(schema)} if schema else {}
        return client.request(self.method, re.sub(r"\{\w+\}", id_, self.path), **body)


def example(schema: dict[str, Any]) -> Any:
    """A value of the schema."""
    if "$ref" in schema:
        return example(CONTRACT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if "example" in schema or "enum" in schema:
        return schema["example"] if "example" in schema else schema["enum"][0]
    match schema["type"]:
        case "object":
            names = schema.get("required", schema["properties"])
            return {name: example(schema["properties"][name]) for name in names if name != "request_id"}
        case "array":
            return [example(schema["items"])]
        case "boolean" | "integer":
            return 1 if schema["type"] == "integer" else True
        case _:
            return "2026-12-01" if schema.get("format") == "date" else "메모"


CONTRACT = yaml.safe_load(contract_path().read_text(encoding="utf-8"))
OPERATIONS = [
    Operation(method, path, item[method])
    for path, item in CONTRACT["paths"].items()
    if "{" in path
    for method in METHODS
    if method in item
]
FOREIGN = [operation for operation in OPERATIONS if operation.resource not in PUBLIC]


@pytest.fixture
def belongings(new_user) -> dict[str, Any]:
    """Somebody with a chat, an answer and a saved policy, by resource; `user` is them."""
    owner = new_user(birth_year=2001)
    chat = owner.rest.post("/api/chats", json={}).raise_for_status().json()["id"]
    asked = owner.rest.post(f"/api/chats/{chat}/messages", json={"text": QUESTION}).raise_for_status().json()
    policy = asked["answer"]["sources"][0]["id"]
    saved = owner.rest.post("/api/user-policies", json={"policy_id": policy, "notes": "내 메모"})
    return {
        "user": owner,
        "chats": chat,
        "messages": asked["answer"]["id"],
        "user-policies": saved.raise_for_status().json()["id"],
    }


def seen_by(user: Any, belongings: dict[str, Any]) -> list[Any]:
    """All that the API shows of somebody's belongings."""
    paths = ["/api/chats", f"/api/chats/{belongings['chats']}/messages", "/api/user-policies", "/api/today", "/api/me"]
    paths.append(f"/api/user-policies/{belongings['user-policies']}/documents")
    return [user.rest.get(path).raise_for_status().json() for path in paths]


def test_every_resource_with_an_id_is_known_here() -> None:
    assert {operation.resource for operation in OPERATIONS} == OWNED | PUBLIC


def test_somebody_elses_id_is_missing_for_every_operation(belongings, new_user) -> None:
    owner, stranger = belongings["user"], new_user(birth_year=1990)
    before = seen_by(owner, belongings)
    for operation in FOREIGN:
        response = operation.call(stranger.rest, belongings[operation.resource])
        unknown = operation.call(stranger.rest, str(uuid4()))
        for answer in (response, unknown):
            assert answer.status_code == 404, (operation.method, operation.path, answer.text)
            assert answer.json()["error"]["code"] == "NOT_FOUND"
        assert response.json()["error"]["message"] == unknown.json()["error"]["message"]
    assert seen_by(owner, belongings) == before
    assert stranger.rest.get("/api/chats").json()["items"] == []
    assert stranger.rest.get("/api/user-policies").json()["items"] == []

    # The same calls work for the owner: it was not the bodies that were refused. What deletes comes last.
    for operation in sorted(FOREIGN, key=lambda operation: operation.method == "delete"):
        response = operation.call(owner.rest, belongings[operation.resource])
        if operation.method == "put":  # documents: the contract's example is not one of this policy's
            assert "documents.0.document_id" in response.json()["error"]["details"]["fields"]
        else:
            assert response.is_success, (operation.method, operation.path, response.text)


def test_somebody_elses_cursor_shows_nothing(new_user) -> None:
    owner, stranger = new_user(), new_user()
    titles = [f"비밀 {number}" for number in range(3)]
    for title in titles:
        owner.rest.post("/api/chats", json={"title": title}).raise_for_status()
    cursor = owner.rest.get("/api/chats", params={"limit": 1}).json()["next_cursor"]
    page = stranger.rest.get("/api/chats", params={"cursor": cursor})
    assert page.status_code == 400 or page.json()["items"] == []


def test_leaving_takes_nobody_elses_data_along(belongings, new_user) -> None:
    stranger = new_user()
    stranger.rest.post("/api/chats", json={"title": "안녕"}).raise_for_status()
    before = seen_by(belongings["user"], belongings)
    assert stranger.rest.delete("/api/me").status_code == 204
    assert seen_by(belongings["user"], belongings) == before


async def test_somebody_elses_chat_and_request_are_missing_on_the_socket(stack, new_user, bedrock) -> None:
    owner, stranger = new_user(birth_year=2001), new_user(birth_year=1990)
    bedrock.delay(token_ms=100)
    async with stack.connect(owner) as mine, stack.connect(stranger) as theirs:
        request_id = await mine.ask(QUESTION)
        frames = await mine.until("token")
        chat_id = frames[0]["chat_id"]
        for kind, fields in (
            ("message", {"request_id": uuid4().hex, "chat_id": chat_id, "text": QUESTION}),
            ("stop", {"request_id": request_id}),
            ("resume", {"request_id": request_id, "received": 0}),
        ):
            await theirs.send(kind, **fields)
            error = await theirs.receive()
            assert (error["type"], error["code"], error["retryable"]) == ("error", "NOT_FOUND", False), kind
            assert error["request_id"] == fields["request_id"]
        # A request_id is one person's own: the same one asks something else here.
        await theirs.ask("안녕", request_id=request_id)
        bedrock.delay(token_ms=1)
        greeting = await theirs.answer()
        frames += await mine.answer()

    assert not greeting[0]["duplicate"]
    assert greeting[0]["chat_id"] != chat_id
    assert frames[-1]["type"] == "done"
    assert not frames[-1]["stopped"]
    assert transcript(owner, chat_id) == [("user", QUESTION), ("assistant", whole(frames))]
    assert transcript(stranger, greeting[0]["chat_id"]) == [("user", "안녕"), ("assistant", whole(greeting))]


async def test_a_client_that_left_is_heard_of_no_more(stack, new_user, bedrock) -> None:
    """What was on its way to a closed connection goes to nobody else, a new connection of another user included."""
    owner, stranger = new_user(birth_year=2001), new_user(birth_year=1990)
    bedrock.delay(token_ms=50)
    async with stack.connect(owner) as mine:
        await mine.ask(QUESTION)
        chat_id = (await mine.until("token"))[0]["chat_id"]
    async with stack.connect(stranger) as theirs:
        bedrock.delay(token_ms=1)
        await asyncio.to_thread(wait_until, lambda: len(transcript(owner, chat_id)) == 2, "the answer is stored")
        await theirs.send("ping")
        assert await theirs.receive() == {"type": "pong"}
