"""Things break while people ask: nothing is lost, nothing comes twice, and everything recovers by itself."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from journey_answers import QUESTION, transcript, wait_until, whole
from psycopg import sql
from pymilvus import MilvusClient, MilvusException
from websockets.exceptions import ConnectionClosedError

from finq_local.stack import functions
from finq_local.stack.postgres import SUPERUSER_DATABASE

SLOW = 100  # ms between two pieces of an answer that has hundreds
CHATBOT = "finkurn-chatbot"


async def drop(socket: Any) -> None:
    """Lose the connection without a goodbye."""
    socket.connection.transport.abort()
    with contextlib.suppress(ConnectionClosedError):
        while True:
            await socket.receive()


def refused(response: httpx.Response, status: int, code: str) -> None:
    """The one error shape."""
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["request_id"]


# Function processes


async def test_killed_chatbot_and_lost_connection_at_once(stack, new_user, bedrock) -> None:
    bedrock.delay(token_ms=SLOW)
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        request_id = await socket.ask(QUESTION)
        chat_id = (await socket.until("token"))[0]["chat_id"]
        await drop(socket)
    stack.kill_busy_worker(CHATBOT)
    async with stack.connect(user) as socket:
        await socket.send("resume", request_id=request_id, received=5)
        error = (await socket.answer())[-1]
        assert (error["code"], error["retryable"]) == ("ANSWER_FAILED", True)
        assert error["message"]
        assert transcript(user, chat_id) == [("user", QUESTION)]

        bedrock.behave()
        await socket.ask(QUESTION, request_id=request_id)
        again = await socket.answer()
        assert again[-1]["type"] == "done"
        assert transcript(user, chat_id) == [("user", QUESTION), ("assistant", whole(again))]
        for _ in range(2):
            await socket.ask(QUESTION, request_id=request_id)
            assert whole(await socket.answer()) == whole(again)
    assert transcript(user, chat_id) == [("user", QUESTION), ("assistant", whole(again))]


async def test_chatbot_killed_under_a_rest_question(stack, new_user, bedrock) -> None:
    bedrock.delay(token_ms=SLOW)
    user, question = new_user(birth_year=2001), {"text": QUESTION, "request_id": uuid4().hex}
    chat_id = user.rest.post("/api/chats", json={}).json()["id"]
    asking = asyncio.create_task(asyncio.to_thread(user.rest.post, f"/api/chats/{chat_id}/messages", json=question))

    def writing() -> bool:
        return any(worker["state"] == "busy" for worker in stack.workers(CHATBOT))

    await asyncio.to_thread(wait_until, writing, "the chatbot has the question")
    stack.kill_busy_worker(CHATBOT)
    response = await asking
    assert response.status_code == 503, response.text
    bedrock.behave()
    again = user.rest.post(f"/api/chats/{chat_id}/messages", json=question)
    assert again.status_code == 200, again.text
    assert transcript(user, chat_id) == [("user", QUESTION), ("assistant", again.json()["answer"]["content"])]


@pytest.mark.containers_too
@pytest.mark.parametrize("function", ["finkurn-ws-message", "finkurn-ws-connect", "finkurn-backend-v4", "finkurn-api"])
async def test_idle_worker_killed(stack, new_user, function) -> None:
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:  # open all the while
        await socket.send("ping")
        assert await socket.receive() == {"type": "pong"}
        killed = stack.worker_ids()[function]
        stack.kill_workers(stack.workers(function))
        # A request in the millisecond before the gateway hears of the death would be lost with the process.
        wait_until(lambda: killed.isdisjoint(stack.worker_ids().get(function, set())), "the gateway has noticed")
        await socket.send("ping")
        assert await socket.receive() == {"type": "pong"}
        assert user.rest.get("/api/me").status_code == 200
        new_user()
        async with stack.connect(user) as another:
            await another.send("ping")
            assert await another.receive() == {"type": "pong"}


# Stopping and coming back


async def test_stop_ends_the_models_stream_and_its_cost(stack, new_user, bedrock) -> None:
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        before = bedrock.counted()
        await socket.ask(QUESTION)
        complete = whole(await socket.answer())
        cost = bedrock.counted()["tokens"] - before["tokens"]

        before = bedrock.counted()
        bedrock.delay(token_ms=SLOW / 2)
        request_id = await socket.ask(QUESTION)
        frames = await socket.until("token")
        await socket.send("stop", request_id=request_id)
        frames += await socket.answer()

    done, said = frames[-1], whole(frames)
    assert (done["type"], done["stopped"]) == ("done", True)
    assert complete.startswith(said)
    assert 0 < len(said) < len(complete) / 2
    assert transcript(user, frames[0]["chat_id"]) == [("user", QUESTION), ("assistant", said)]
    after = wait_until(
        lambda: (found := bedrock.counted())["streams"]["aborted"] > before["streams"]["aborted"] and found,
        "the model's stream is broken off",
    )
    assert after["tokens"] - before["tokens"] < cost / 2
    assert after["streams"]["completed"] == before["streams"]["completed"]


async def test_dropped_connection_resumed_from_an_offset(stack, new_user, bedrock) -> None:
    bedrock.delay(token_ms=20)
    user = new_user(birth_year=2001)
    held = ""
    async with stack.connect(user) as socket:
        request_id = await socket.ask(QUESTION)
        frames = await socket.until("token")
        chat_id, held = frames[0]["chat_id"], whole(frames)
        await drop(socket)
    for _ in range(2):  # lost again, a few words later
        async with stack.connect(user) as socket:
            await socket.send("resume", request_id=request_id, received=len(held))
            held = whole(await socket.until("token"), held)
            held = whole(await socket.until("token"), held)
            await drop(socket)
    async with stack.connect(user) as socket:
        await socket.send("resume", request_id=request_id, received=len(held))
        rest = await socket.answer()
    assert not rest[-1]["duplicate"], "the answer had ended before: the model was not slow enough"
    assert transcript(user, chat_id) == [("user", QUESTION), ("assistant", whole(rest, held))]


async def test_dropped_connection_and_back_after_the_end(stack, new_user, bedrock) -> None:
    bedrock.delay(token_ms=20)
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        request_id = await socket.ask(QUESTION)
        frames = await socket.until("token")
        await drop(socket)
    chat_id, held = frames[0]["chat_id"], whole(frames)
    bedrock.behave()
    stored = await asyncio.to_thread(
        wait_until, lambda: (found := transcript(user, chat_id))[1:] and found, "the answer is stored"
    )
    async with stack.connect(user) as socket:
        for received in (held, ""):
            await socket.send("resume", request_id=request_id, received=len(received))
            rest = await socket.answer()
            assert rest[-1]["duplicate"]
            assert whole(rest, received) == stored[1][1]
    assert transcript(user, chat_id) == stored


# PostgreSQL


@contextlib.contextmanager
def closed_database(stack: Any) -> Iterator[None]:
    """PostgreSQL drops every connection and takes none: what a function sees of a server that is down.

    A killed server would be restarted by the supervisor after half a second, so that nothing could be told of the
    time between; that is `test_postgresql_killed`.
    """
    server = stack.conninfo(SUPERUSER_DATABASE)
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    name = sql.Identifier(functions.DATABASE)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(allow.format(name, sql.SQL("false")))
        try:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [functions.DATABASE]
            )
            yield
        finally:
            connection.execute(allow.format(name, sql.SQL("true")))


async def test_database_down(stack, new_user, contract_checked) -> None:
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        await socket.ask(QUESTION)
        chat_id = (await socket.answer())[0]["chat_id"]
        before = stack.worker_ids()
        with closed_database(stack):
            for method, path in (
                ("GET", "/api/me"),
                ("GET", "/api/policies"),
                ("GET", "/api/chats"),
                ("GET", "/api/today"),
                ("GET", "/api/user-policies"),
                ("GET", "/api/health"),
            ):
                response = user.rest.request(method, path)
                refused(response, 503, "SERVICE_UNAVAILABLE")
                contract_checked(method, path, 503, response.json())
            asked = user.rest.post(f"/api/chats/{chat_id}/messages", json={"text": QUESTION})
            refused(asked, 503, "SERVICE_UNAVAILABLE")

            request_id = await socket.ask(QUESTION, chat_id=chat_id)
            error = await socket.receive()
            assert (error["type"], error["code"], error["retryable"]) == ("error", "SERVICE_UNAVAILABLE", True)
            assert error["request_id"] == request_id
            await socket.send("ping")
            assert await socket.receive() == {"type": "pong"}

        assert user.rest.get("/api/health").status_code == 200
        await socket.ask(QUESTION, chat_id=chat_id, request_id=request_id)
        frames = await socket.answer()
        assert frames[-1]["type"] == "done"
    after = stack.worker_ids()
    assert all(before[name] <= after[name] for name in before), "a function process was restarted"
    assert [role for role, _ in transcript(user, chat_id)] == ["user", "assistant"] * 2


async def test_database_gone_for_a_moment_while_an_answer_is_written(stack, new_user, bedrock) -> None:
    bedrock.delay(token_ms=30)
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        await socket.ask(QUESTION)
        frames = await socket.until("token")
        before = stack.worker_ids()
        with closed_database(stack):
            frames += await socket.until("token")
            frames += await socket.until("token")
        bedrock.behave()
        frames += await socket.answer()
    assert frames[-1]["type"] == "done", frames[-1]
    assert transcript(user, frames[0]["chat_id"]) == [("user", QUESTION), ("assistant", whole(frames))]
    assert all(before[name] <= pids for name, pids in stack.worker_ids().items() if name in before)


@pytest.mark.containers_too
def test_postgresql_killed(stack, new_user) -> None:
    user = new_user(birth_year=2001)
    chat_id = user.rest.post("/api/chats", json={"title": "남아 있어야 해요"}).json()["id"]
    before, server = stack.worker_ids(), stack.component("postgres")
    stack.kill_component("postgres")
    answers: list[httpx.Response] = []

    def back() -> bool:
        answers.append(user.rest.get(f"/api/chats/{chat_id}"))
        return answers[-1].status_code == 200 and stack.component("postgres") != server

    wait_until(back, "PostgreSQL is back")
    for response in answers:
        if response.status_code != 200:
            refused(response, 503, "SERVICE_UNAVAILABLE")
    assert answers[-1].json()["title"] == "남아 있어야 해요"
    after = stack.worker_ids()
    assert all(before[name] <= after[name] for name in before), "a function process was restarted"


# What answers draw on


@pytest.mark.containers_too
async def test_milvus_killed(stack, new_user) -> None:
    user = new_user(birth_year=2001, region="서울")

    async def ask() -> tuple[str, list[str]]:
        async with stack.connect(user) as socket:
            await socket.ask(QUESTION)
            frames = await socket.answer()
        assert frames[-1]["type"] == "done", frames[-1]
        [sources] = [frame["policies"] for frame in frames if frame["type"] == "sources"]
        return whole(frames), [policy["id"] for policy in sources]

    usual = await ask()
    logged, server = stack.log_since(CHATBOT), stack.component("milvus")
    stack.kill_component("milvus")
    assert await ask() == usual  # pgvector has answered, and nothing tells
    assert "vector search falls back" in logged()

    def restored() -> int:
        try:
            client = MilvusClient(stack.milvus_url, timeout=5)
            return client.get_collection_stats("policy_embeddings")["row_count"]
        except MilvusException:
            return 0

    await asyncio.to_thread(wait_until, lambda: stack.component("milvus") != server, "Milvus is started again")
    assert await asyncio.to_thread(wait_until, restored, "its collection is there")


TELLS = {
    "throttled": ("converse-stream", "ThrottlingException", None, ("TOO_MANY_REQUESTS", True)),
    "retired": ("converse-stream", "ResourceNotFoundException", None, ("MODEL_UNAVAILABLE", False)),
    "denied": ("converse-stream", "AccessDeniedException", None, ("MODEL_UNAVAILABLE", False)),
    "router retired": ("converse", "ResourceNotFoundException", None, ("MODEL_UNAVAILABLE", False)),
    "unavailable": ("converse-stream", "ServiceUnavailableException", None, ("SERVICE_UNAVAILABLE", True)),
    "broken off": ("converse-stream", "modelStreamErrorException", 5, ("SERVICE_UNAVAILABLE", True)),
}


@pytest.mark.parametrize("failure", TELLS)
async def test_model_fails(stack, new_user, bedrock, failure) -> None:
    operation, fault, after_tokens, (code, retryable) = TELLS[failure]
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        bedrock.fail(operation, fault, count=20, after_tokens=after_tokens)
        request_id = await socket.ask(QUESTION)
        frames = await socket.answer()
        error = frames[-1]
        assert (error["type"], error["code"], error["retryable"]) == ("error", code, retryable)
        assert error["request_id"] == request_id
        assert "Exception" not in error["message"]
        chat_id = frames[0]["chat_id"]
        assert transcript(user, chat_id) == [("user", QUESTION)]

        bedrock.behave()
        await socket.ask(QUESTION, request_id=request_id)
        again = await socket.answer()
    assert again[-1]["type"] == "done"
    assert transcript(user, chat_id) == [("user", QUESTION), ("assistant", whole(again))]


@pytest.mark.parametrize("error", ["ThrottlingException", "ServiceUnavailableException"])
async def test_router_fails_and_the_answer_comes(stack, new_user, bedrock, error) -> None:
    user = new_user(birth_year=2001)
    bedrock.fail("converse", error, count=20)
    async with stack.connect(user) as socket:
        await socket.ask(QUESTION)
        frames = await socket.answer()
    assert frames[-1]["type"] == "done"
    assert any(frame["type"] == "sources" and frame["policies"] for frame in frames)


@pytest.mark.parametrize("error", ["InternalServerError", "TooManyRequests", "PlanLimit", "Unauthorized"])
async def test_web_search_fails_and_the_answer_comes(stack, new_user, tavily, error) -> None:
    user = new_user(birth_year=2001)
    logged = stack.log_since(CHATBOT)
    tavily.fail("search", error, count=20)
    failed = tavily.counted()["errors"].get(error, 0)
    async with stack.connect(user) as socket:
        await socket.ask("청년 월세 지원 최근에 바뀐 소식 알려줘")
        frames = await socket.answer()
    assert tavily.counted()["errors"][error] > failed
    assert "web_search" in [frame.get("stage") for frame in frames]
    assert frames[-1]["type"] == "done"
    assert whole(frames)
    assert "web search failed" in logged()
