"""Answers over the WebSocket, from outside: streams, isolation, stop, resume, resending, and a chatbot that dies."""

import asyncio
import json
import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

QUESTION = "25살인데 청년 적금 추천해줘"
ENDS = ("done", "error")


def folded(frames, held=""):
    """The answer after `frames`, for a client that held `held`."""
    for frame in frames:
        if frame["type"] == "token":
            assert frame["offset"] <= len(held), "a frame was lost"
            held = held[: frame["offset"]] + frame["text"]
    return held


def stored_answer(user, done):
    """The answer's message, by REST."""
    page = user.rest.get(f"/api/chats/{done['chat_id']}/messages").raise_for_status().json()
    return next(message for message in page["items"] if message["id"] == done["message_id"])


@pytest.fixture
def model(stack):
    """The model's stand-in: `model(token_ms=50)` slows it down; `model.streams()` counts."""

    class Model:
        def __call__(self, **delays):
            httpx.put(f"{stack.bedrock_url}/_standin/faults", json=delays).raise_for_status()

        def streams(self):
            return httpx.get(f"{stack.bedrock_url}/_standin/calls").json()["streams"]

    yield Model()
    httpx.delete(f"{stack.bedrock_url}/_standin/faults").raise_for_status()


@pytest.mark.containers_too
async def test_an_answer_streams_in_order_and_is_stored(stack, new_user):
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        assert socket.connection.subprotocol == "finq.v1"
        request_id = await socket.ask(QUESTION)
        frames = await socket.answer()

    assert {frame["request_id"] for frame in frames} == {request_id}
    kinds = [frame["type"] for frame in frames]
    assert (kinds[0], kinds[-1]) == ("ack", "done")
    assert kinds.index("status") < kinds.index("sources") < kinds.index("token")
    message = stored_answer(user, frames[-1])
    assert message["content"] == folded(frames)
    assert [policy["id"] for policy in message["sources"]] == [
        policy["id"] for frame in frames if frame["type"] == "sources" for policy in frame["policies"]
    ]
    assert message["usage"]["output_tokens"] > 0


async def test_the_next_question_knows_the_chat(stack, new_user):
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        await socket.ask(QUESTION)
        chat_id = (await socket.answer())[-1]["chat_id"]
        await socket.ask("그중에 서울에서 되는 것은?", chat_id=chat_id)
        assert (await socket.answer())[-1]["type"] == "done"

    page = user.rest.get(f"/api/chats/{chat_id}/messages").json()
    assert [message["role"] for message in page["items"]] == ["user", "assistant"] * 2
    assert user.rest.get(f"/api/chats/{chat_id}").json()["title"] == QUESTION


@pytest.mark.parametrize("subprotocols", [["finq.v1", "bearer.nonsense"], ["finq.v1"], None])
async def test_no_valid_token_no_connection(stack, subprotocols):
    with pytest.raises(InvalidStatus) as refused:
        async with connect(stack.websocket_url, subprotocols=subprotocols, proxy=None):
            pass
    assert refused.value.response.status_code == 401


async def test_two_users_with_two_chats_each_hear_only_their_own(stack, new_user, model):
    model(token_ms=5)
    users = [new_user(birth_year=2001), new_user(birth_year=1995)]

    async def converse(user, question):
        async with stack.connect(user) as socket:
            request_id = await socket.ask(question)
            frames = await socket.answer()
            assert {frame["request_id"] for frame in frames} == {request_id}
            assert frames[-1]["type"] == "done", frames[-1]
            assert stored_answer(user, frames[-1])["content"] == folded(frames)
            return frames[0]["chat_id"]

    questions = ["청년 적금 추천해줘", "월세 지원 알려줘"]
    chats = await asyncio.gather(*(converse(user, question) for user in users for question in questions))

    assert len(set(chats)) == 4
    for user, own, foreign in ((users[0], chats[:2], chats[2:]), (users[1], chats[2:], chats[:2])):
        assert {chat["id"] for chat in user.rest.get("/api/chats").json()["items"]} == set(own)
        assert all(user.rest.get(f"/api/chats/{chat}").status_code == 404 for chat in foreign)


async def test_stop_ends_the_models_stream_and_keeps_what_was_said(stack, new_user, model):
    model(token_ms=40)
    before = model.streams()
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        request_id = await socket.ask(QUESTION)
        frames = await socket.until("token")
        await socket.send("stop", request_id=request_id)
        frames += await socket.answer()

    done = frames[-1]
    assert (done["type"], done["stopped"]) == ("done", True)
    said = folded(frames)
    assert stored_answer(user, done)["content"] == said
    async with asyncio.timeout(10):
        while model.streams()["aborted"] == before["aborted"]:  # noqa: ASYNC110 -- another process counts
            await asyncio.sleep(0.05)


@pytest.mark.containers_too
async def test_a_dropped_client_gets_the_rest_on_its_next_connection(stack, new_user, model):
    model(token_ms=30)
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        request_id = await socket.ask(QUESTION)
        held = folded(await socket.until("token") + await socket.until("token"))
        socket.connection.transport.abort()
        with pytest.raises(ConnectionClosedError):
            while True:
                await socket.receive()
    async with stack.connect(user) as socket:
        await socket.send("resume", request_id=request_id, received=len(held))
        rest = await socket.answer()

    assert not rest[-1]["duplicate"], "the answer had ended before: the model was not slow enough"
    whole = folded(rest, held)
    assert len(whole) > len(held)
    assert stored_answer(user, rest[-1])["content"] == whole

    async with stack.connect(user) as socket:  # long after
        await socket.send("resume", request_id=request_id, received=0)
        replay = await socket.answer()
    assert replay[-1]["duplicate"]
    assert folded(replay) == whole


@pytest.mark.containers_too
async def test_a_resent_request_is_answered_once(stack, new_user, model):
    user = new_user(birth_year=2001)
    started = model.streams()["started"]
    async with stack.connect(user) as socket:
        request_id = await socket.ask(QUESTION)
        first = await socket.answer()
        for _ in range(3):
            await socket.ask(QUESTION, request_id=request_id)
            again = await socket.answer()
            assert again[0] == {**first[0], "duplicate": True}
            assert again[-1] == {**first[-1], "duplicate": True}
            assert folded(again) == folded(first)

    assert model.streams()["started"] == started + 1
    assert len(user.rest.get(f"/api/chats/{first[0]['chat_id']}/messages").json()["items"]) == 2


@pytest.mark.containers_too
async def test_a_chatbot_killed_mid_answer_is_told_of_and_asked_again(stack, new_user, model):
    model(token_ms=100)
    user = new_user(birth_year=2001)
    async with stack.connect(user) as socket:
        request_id = await socket.ask(QUESTION)
        frames = await socket.until("token")
        stack.kill_busy_worker("finkurn-chatbot")
        frames += await socket.answer()

        error = frames[-1]
        assert (error["type"], error["retryable"], error["request_id"]) == ("error", True, request_id)
        model(token_ms=0)
        await socket.ask(QUESTION, request_id=request_id)
        again = await socket.answer()

    assert again[0]["duplicate"]
    assert again[-1]["type"] == "done"
    assert stored_answer(user, again[-1])["content"] == folded(again, folded(frames))


async def test_bad_frames_and_foreign_chats_are_told_apart(stack, new_user):
    user, other = new_user(birth_year=2001), new_user(birth_year=1990)
    theirs = other.rest.post("/api/chats", json={"title": "남의 대화"}).json()["id"]
    async with stack.connect(user) as socket:
        codes = []
        for text in (
            "{",
            json.dumps({"type": "dance"}),
            json.dumps({"type": "message", "request_id": "a b", "text": "?"}),
            json.dumps({"type": "message", "request_id": "r1", "text": "  "}),
            json.dumps({"type": "message", "request_id": "r1", "text": "가" * 4001}),
            json.dumps({"type": "message", "request_id": "r1", "text": "보여 줘", "chat_id": theirs}),
            json.dumps({"type": "resume", "request_id": uuid4().hex, "received": 0}),
            json.dumps({"type": "ping"}),
        ):
            await socket.connection.send(text)
            frame = await socket.receive()
            codes.append(frame.get("code", frame["type"]))

    assert codes == [
        "INVALID_JSON",
        "UNKNOWN_TYPE",
        "INVALID_FRAME",
        "EMPTY_MESSAGE",
        "MESSAGE_TOO_LONG",
        "NOT_FOUND",
        "NOT_FOUND",
        "pong",
    ]


async def test_the_documented_client_works(stack, new_user):
    document = Path(__file__).parents[2] / "docs" / "websocket.md"
    [code] = re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(compile(code, document.name, "exec"), names)

    answer = await names["ask"](stack.websocket_url, new_user(birth_year=2001).token, QUESTION)

    assert "적금" in answer
