"""Whatever comes in: the right status and code, one error shape, a Korean message, never a 500."""

import asyncio
import base64
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from journey_answers import QUESTION, transcript, whole
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

KOREAN = re.compile("[가-힣]")
CHAT = "/api/chats/{chat}"
MESSAGES = f"{CHAT}/messages"
JSON = {"Content-Type": "application/json"}
MESSAGE_ID = "00000000-0000-4000-8000-000000000000"


def raw(content: str | bytes, **headers: str) -> dict[str, Any]:
    """A body as it is, JSON by its header unless told otherwise."""
    return {"content": content, "headers": {**JSON, **headers}}


# name: (method, path, request, status, code)
REST: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    # Questions
    "empty message": ("POST", MESSAGES, {"json": {"text": ""}}, 400, "EMPTY_MESSAGE"),
    "white space": ("POST", MESSAGES, {"json": {"text": " \n\t\u3000\u200b"}}, 400, "EMPTY_MESSAGE"),
    "NUL alone": ("POST", MESSAGES, {"json": {"text": "\0\0"}}, 400, "INVALID_INPUT"),
    "NUL inside": ("POST", MESSAGES, {"json": {"text": "청년\0 적금"}}, 400, "INVALID_INPUT"),
    "5,000 characters": ("POST", MESSAGES, {"json": {"text": "가" * 5000}}, 400, "MESSAGE_TOO_LONG"),
    "number for text": ("POST", MESSAGES, {"json": {"text": 5}}, 400, "INVALID_INPUT"),
    "null for text": ("POST", MESSAGES, {"json": {"text": None}}, 400, "INVALID_INPUT"),
    "no text": ("POST", MESSAGES, {"json": {}}, 400, "INVALID_INPUT"),
    "bad request_id": ("POST", MESSAGES, {"json": {"text": "?", "request_id": "a b"}}, 400, "INVALID_INPUT"),
    "long request_id": ("POST", MESSAGES, {"json": {"text": "?", "request_id": "a" * 65}}, 400, "INVALID_INPUT"),
    "unknown field": ("POST", MESSAGES, {"json": {"text": "?", "texts": "?"}}, 400, "INVALID_INPUT"),
    "lone surrogate": ("POST", MESSAGES, raw('{"text": "\\ud83d 적금"}'), 400, "INVALID_INPUT"),
    # Bodies
    "broken JSON": ("POST", "/api/chats", raw('{"title": '), 400, "INVALID_INPUT"),
    "no body": ("POST", "/api/chats", raw(""), 400, "INVALID_INPUT"),
    "array": ("POST", "/api/chats", raw("[]"), 400, "INVALID_INPUT"),
    "string": ("POST", "/api/chats", raw('"title"'), 400, "INVALID_INPUT"),
    "null": ("POST", "/api/chats", raw("null"), 400, "INVALID_INPUT"),
    "NaN": ("PATCH", "/api/me", raw('{"age": NaN}'), 400, "INVALID_INPUT"),
    "not UTF-8": ("POST", "/api/chats", raw(b'{"title": \xff\xfe}'), 400, "INVALID_INPUT"),
    "UTF-16": ("POST", "/api/chats", raw('{"title": "a"}'.encode("utf-16")), 400, "INVALID_INPUT"),
    "100,000 brackets": ("POST", "/api/chats", raw("[" * 100_000), 400, "INVALID_INPUT"),
    "deep object": ("POST", "/api/chats", raw('{"title":' * 2000 + "1" + "}" * 2000), 400, "INVALID_INPUT"),
    "form": (
        "POST",
        "/api/chats",
        raw("title=a", **{"Content-Type": "application/x-www-form-urlencoded"}),
        400,
        "INVALID_INPUT",
    ),
    "XML": ("POST", "/api/chats", raw("<title/>", **{"Content-Type": "application/xml"}), 400, "INVALID_INPUT"),
    "300 KB": ("POST", "/api/chats", {"json": {"title": "a" * 300_000}}, 413, "TOO_LARGE"),
    "11 MB": ("POST", "/api/chats", raw(b" " * 11_000_000), 413, "TOO_LARGE"),
    # Profile
    "age -1": ("PATCH", "/api/me", {"json": {"age": -1}}, 400, "INVALID_INPUT"),
    "age 300": ("PATCH", "/api/me", {"json": {"age": 300}}, 400, "INVALID_INPUT"),
    "age 10^30": ("PATCH", "/api/me", raw('{"age": 1000000000000000000000000000000}'), 400, "INVALID_INPUT"),
    "age 1e400": ("PATCH", "/api/me", raw('{"age": 1e400}'), 400, "INVALID_INPUT"),
    "age as text": ("PATCH", "/api/me", {"json": {"age": "25"}}, 400, "INVALID_INPUT"),
    "age true": ("PATCH", "/api/me", {"json": {"age": True}}, 400, "INVALID_INPUT"),
    "born in 1899": ("PATCH", "/api/me", {"json": {"birth_year": 1899}}, 400, "INVALID_INPUT"),
    "unknown region": ("PATCH", "/api/me", {"json": {"region": "아틀란티스"}}, 400, "INVALID_INPUT"),
    "NUL in region": ("PATCH", "/api/me", {"json": {"region": "서울\0"}}, 400, "INVALID_INPUT"),
    "unknown employment": ("PATCH", "/api/me", {"json": {"employment": "왕"}}, 400, "INVALID_INPUT"),
    "unknown interest": ("PATCH", "/api/me", {"json": {"interests": ["주식"]}}, 400, "INVALID_INPUT"),
    "NUL in interest": ("PATCH", "/api/me", {"json": {"interests": ["주거\0"]}}, 400, "INVALID_INPUT"),
    "income -1": ("PATCH", "/api/me", {"json": {"annual_income": -1}}, 400, "INVALID_INPUT"),
    # Policies
    "unknown category": ("GET", "/api/policies?category=주식", {}, 400, "INVALID_INPUT"),
    "one of two categories": ("GET", "/api/policies?category=주거&category=x", {}, 400, "INVALID_INPUT"),
    "unknown status": ("GET", "/api/policies?status=soon", {}, 400, "INVALID_INPUT"),
    "unknown sort": ("GET", "/api/policies?sort=random", {}, 400, "INVALID_INPUT"),
    "unknown cursor": ("GET", "/api/policies?cursor=nonsense", {}, 400, "INVALID_INPUT"),
    "forged cursor": (
        "GET",
        f"/api/policies?cursor={base64.urlsafe_b64encode(b'[1, 2, 3]').decode()}",
        {},
        400,
        "INVALID_INPUT",
    ),
    "cursor with NUL": (
        "GET",
        f"/api/chats?cursor={base64.urlsafe_b64encode(json.dumps([chr(0), chr(0)]).encode()).decode()}",
        {},
        400,
        "INVALID_INPUT",
    ),
    "long cursor": ("GET", f"/api/chats?cursor={'a' * 501}", {}, 400, "INVALID_INPUT"),
    "limit 0": ("GET", "/api/policies?limit=0", {}, 400, "INVALID_INPUT"),
    "limit 51": ("GET", "/api/policies?limit=51", {}, 400, "INVALID_INPUT"),
    "limit ten": ("GET", "/api/policies?limit=ten", {}, 400, "INVALID_INPUT"),
    "empty limit": ("GET", "/api/policies?limit=", {}, 400, "INVALID_INPUT"),
    "query age -1": ("GET", "/api/policies?age=-1", {}, 400, "INVALID_INPUT"),
    "query age 300": ("GET", "/api/policies?age=300", {}, 400, "INVALID_INPUT"),
    "query region": ("GET", "/api/policies?region=아틀란티스", {}, 400, "INVALID_INPUT"),
    "query employment": ("GET", "/api/policies?employment=king", {}, 400, "INVALID_INPUT"),
    "query income": ("GET", "/api/policies?income=9999999999", {}, 400, "INVALID_INPUT"),
    "empty q": ("GET", "/api/policies?q=", {}, 400, "INVALID_INPUT"),
    "NUL in q": ("GET", "/api/policies?q=%00", {}, 400, "INVALID_INPUT"),
    "long q": ("GET", f"/api/policies?q={'a' * 201}", {}, 400, "INVALID_INPUT"),
    "unknown policy": ("GET", "/api/policies/00000000000000000000", {}, 404, "NOT_FOUND"),
    "long policy id": ("GET", f"/api/policies/{'1' * 41}", {}, 400, "INVALID_INPUT"),
    "NUL in policy id": ("GET", "/api/policies/%00", {}, 400, "INVALID_INPUT"),
    "path in policy id": ("GET", "/api/policies/..%2F..%2Fetc", {}, 400, "INVALID_INPUT"),
    "quote in policy id": ("GET", "/api/policies/1'%20OR%20'1'='1", {}, 400, "INVALID_INPUT"),
    # Saved policies
    "save unknown policy": ("POST", "/api/user-policies", {"json": {"policy_id": "1" * 20}}, 404, "NOT_FOUND"),
    "save nothing": ("POST", "/api/user-policies", {"json": {}}, 400, "INVALID_INPUT"),
    "no UUID": ("PATCH", "/api/user-policies/1", {"json": {"status": "applied"}}, 400, "INVALID_INPUT"),
    "unknown id": ("PATCH", f"/api/user-policies/{MESSAGE_ID}", {"json": {"status": "applied"}}, 404, "NOT_FOUND"),
    "unknown saved status": ("GET", "/api/user-policies?status=lost", {}, 400, "INVALID_INPUT"),
    "30 February": (
        "PATCH",
        f"/api/user-policies/{MESSAGE_ID}",
        {"json": {"personal_deadline": "2027-02-30"}},
        400,
        "INVALID_INPUT",
    ),
    "NUL in notes": ("PATCH", f"/api/user-policies/{MESSAGE_ID}", {"json": {"notes": "\0"}}, 400, "INVALID_INPUT"),
    "surrogate in notes": (
        "PATCH",
        f"/api/user-policies/{MESSAGE_ID}",
        raw('{"notes": "\\udc00"}'),
        400,
        "INVALID_INPUT",
    ),
    # Chats
    "chat without UUID": ("GET", "/api/chats/1", {}, 400, "INVALID_INPUT"),
    "unknown chat": ("GET", f"/api/chats/{MESSAGE_ID}", {}, 404, "NOT_FOUND"),
    "empty title": ("PATCH", CHAT, {"json": {"title": ""}}, 400, "INVALID_INPUT"),
    "blank title": ("PATCH", CHAT, {"json": {"title": "   "}}, 400, "INVALID_INPUT"),
    "long title": ("POST", "/api/chats", {"json": {"title": "가" * 101}}, 400, "INVALID_INPUT"),
    "NUL in title": ("POST", "/api/chats", {"json": {"title": "제\0목"}}, 400, "INVALID_INPUT"),
    "surrogate in title": ("POST", "/api/chats", raw('{"title": "\\ud800"}'), 400, "INVALID_INPUT"),
    "rating 5": ("POST", f"/api/messages/{MESSAGE_ID}/feedback", {"json": {"rating": 5}}, 400, "INVALID_INPUT"),
    "feedback to nothing": ("POST", f"/api/messages/{MESSAGE_ID}/feedback", {"json": {"rating": 1}}, 404, "NOT_FOUND"),
    # Accounts
    "no e-mail address": (
        "POST",
        "/api/auth/signup",
        {"json": {"email": "a", "password": "Aa1!aaaa"}},
        400,
        "INVALID_INPUT",
    ),
    "weak password": (
        "POST",
        "/api/auth/signup",
        {"json": {"email": f"{uuid4().hex}@example.com", "password": "aaaaaaaa"}},
        400,
        "INVALID_PASSWORD",
    ),
    "NUL in e-mail": (
        "POST",
        "/api/auth/login",
        {"json": {"email": "a\0@example.com", "password": "Aa1!aaaa"}},
        400,
        "INVALID_INPUT",
    ),
    "surrogate in password": (
        "POST",
        "/api/auth/login",
        raw('{"email": "a@example.com", "password": "\\ud800"}'),
        400,
        "INVALID_INPUT",
    ),
    "nobody's login": (
        "POST",
        "/api/auth/login",
        {"json": {"email": "nobody@example.com", "password": "Aa1!aaaa"}},
        401,
        "WRONG_CREDENTIALS",
    ),
    "refresh with nonsense": ("POST", "/api/auth/refresh", {"json": {"refresh_token": "x"}}, 401, "SESSION_EXPIRED"),
    "code of letters": (
        "POST",
        "/api/auth/confirm",
        {"json": {"email": "a@example.com", "code": "abcdef"}},
        400,
        "INVALID_INPUT",
    ),
    # Routes
    "unknown route": ("GET", "/api/nothing", {}, 404, "NOT_FOUND"),
    "route too long": ("GET", f"{CHAT}/messages/1", {}, 404, "NOT_FOUND"),
    "wrong method": ("PUT", "/api/policies", {"json": {}}, 404, "NOT_FOUND"),
    "delete health": ("DELETE", "/api/health", {}, 404, "NOT_FOUND"),
}


@pytest.fixture(scope="module")
def user(new_user) -> Any:
    return new_user(birth_year=2001)


@pytest.fixture(scope="module")
def chat(user) -> str:
    return user.rest.post("/api/chats", json={}).raise_for_status().json()["id"]


def check_error(response: httpx.Response, status: int, code: str) -> None:
    """Status, code, the one error shape, a Korean message, English names of fields only."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    assert set(body) == {"error"}
    error = body["error"]
    assert {"code", "message", "request_id"} <= set(error) <= {"code", "message", "request_id", "details"}
    assert error["code"] == code, error
    assert KOREAN.search(error["message"])
    assert error["request_id"] == response.headers["x-amzn-RequestId"]
    for field, hint in error.get("details", {}).get("fields", {}).items():
        assert KOREAN.search(hint), (field, hint)


@pytest.mark.parametrize("name", REST)
def test_rest(user, chat, name) -> None:
    method, path, request, status, code = REST[name]
    response = user.rest.request(method, path.replace("{chat}", chat), **request)
    check_error(response, status, code)


def test_nothing_bad_was_stored(user, chat) -> None:
    assert transcript(user, chat) == []
    assert [(found["id"], found["title"]) for found in user.rest.get("/api/chats").json()["items"]] == [(chat, "")]
    assert user.rest.get("/api/me").json()["region"] is None


# Tokens


def bad_tokens(stack: Any, user: Any) -> Iterator[tuple[str, str]]:
    """(name, token) of everything that is not a valid ID token of the pool."""
    claims = jwt.decode(user.token, options={"verify_signature": False})
    head = jwt.get_unverified_header(user.token)
    own_key = load_pem_private_key(stack.signing_key(claims["iss"].rsplit("/", 1)[1]), None)
    foreign_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def signed(key: Any, **changes: Any) -> str:
        return jwt.encode({**claims, **changes}, key, algorithm="RS256", headers={"kid": head["kid"]})

    assert jwt.decode(signed(own_key), options={"verify_signature": False}) == claims
    now = int(time.time())
    yield "empty", ""
    yield "nonsense", "nonsense"
    yield "access token", user.tokens["access_token"]
    yield "refresh token", user.tokens["refresh_token"]
    yield "expired", signed(own_key, iat=now - 7200, auth_time=now - 7200, exp=now - 3600)
    yield "other audience", signed(own_key, aud="another")
    yield "other pool", signed(own_key, iss="https://cognito-idp.ap-northeast-2.amazonaws.com/ap-northeast-2_other")
    yield "foreign signature", signed(foreign_key)
    yield "unknown key", jwt.encode(claims, foreign_key, algorithm="RS256", headers={"kid": "another"})
    yield "alg none", jwt.encode(claims, None, algorithm="none", headers={"kid": head["kid"]})
    yield "HS256", jwt.encode(claims, "k" * 32, algorithm="HS256", headers={"kid": head["kid"]})
    body, signature = user.token.split(".")[1:]
    yield "other header", ".".join([base64.urlsafe_b64encode(b'{"alg":"RS256"}').decode().rstrip("="), body, signature])
    yield "no signature", user.token.rsplit(".", 1)[0] + "."


def test_tokens_on_rest(stack, user, rest) -> None:
    for name, token in bad_tokens(stack, user):
        for header in (token, f"Bearer {token}"):
            response = rest.get("/api/me", headers={"Authorization": header} if token else {})
            assert response.status_code == 401, name
            check_error(response, 401, "UNAUTHORIZED")
    check_error(rest.delete("/api/me"), 401, "UNAUTHORIZED")


async def test_tokens_on_the_websocket(stack, user) -> None:
    for name, token in bad_tokens(stack, user):
        offered = [Subprotocol("finq.v1"), *([Subprotocol(f"bearer.{token}")] if token else [])]
        for url, protocols in ((stack.websocket_url, offered), (f"{stack.websocket_url}?token={token}", None)):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(url, subprotocols=protocols, proxy=None):
                    pass
            assert refused.value.response.status_code == 401, name


# Frames


def frame(**fields: Any) -> str:
    return json.dumps(fields)


# name: (what is sent, code)
FRAMES: dict[str, tuple[str, str]] = {
    "empty": ("", "INVALID_JSON"),
    "broken": ("{", "INVALID_JSON"),
    "array": ("[]", "INVALID_JSON"),
    "null": ("null", "INVALID_JSON"),
    "string": ('"ping"', "INVALID_JSON"),
    "number": ("1", "INVALID_JSON"),
    "30,000 brackets": ("[" * 30_000, "INVALID_JSON"),
    "NaN": ('{"type": NaN}', "UNKNOWN_TYPE"),
    "no type": ("{}", "INVALID_FRAME"),
    "action for type": (frame(action="message"), "INVALID_FRAME"),
    "unknown type": (frame(type="dance"), "UNKNOWN_TYPE"),
    "server's type": (frame(type="done"), "UNKNOWN_TYPE"),
    "object for type": (frame(type={}), "UNKNOWN_TYPE"),
    "no request_id": (frame(type="message", text="?"), "INVALID_FRAME"),
    "request_id with blank": (frame(type="message", request_id="a b", text="?"), "INVALID_FRAME"),
    "request_id with line end": (frame(type="message", request_id="a\n", text="?"), "INVALID_FRAME"),
    "empty request_id": (frame(type="message", request_id="", text="?"), "INVALID_FRAME"),
    "request_id of 65": (frame(type="message", request_id="a" * 65, text="?"), "INVALID_FRAME"),
    "number for request_id": (frame(type="message", request_id=1, text="?"), "INVALID_FRAME"),
    "no text": (frame(type="message", request_id="a"), "INVALID_FRAME"),
    "list for text": (frame(type="message", request_id="a", text=[]), "INVALID_FRAME"),
    "empty text": (frame(type="message", request_id="a", text=""), "EMPTY_MESSAGE"),
    "white space": (frame(type="message", request_id="a", text=" \n\u3000\u200b"), "EMPTY_MESSAGE"),
    "NUL alone": (frame(type="message", request_id="a", text="\0"), "EMPTY_MESSAGE"),
    "5,000 characters": (
        json.dumps({"type": "message", "request_id": "a", "text": "가" * 5000}, ensure_ascii=False),
        "MESSAGE_TOO_LONG",
    ),
    "lone surrogate": ('{"type": "message", "request_id": "a", "text": "\\ud800"}', "INVALID_JSON"),
    "chat_id of no UUID": (frame(type="message", request_id="a", text="?", chat_id="1"), "INVALID_FRAME"),
    "unknown chat": (frame(type="message", request_id="a", text="?", chat_id=MESSAGE_ID), "NOT_FOUND"),
    "stop unknown": (frame(type="stop", request_id="unknown"), "NOT_FOUND"),
    "stop nothing": (frame(type="stop"), "INVALID_FRAME"),
    "resume unknown": (frame(type="resume", request_id="unknown", received=0), "NOT_FOUND"),
    "resume from -1": (frame(type="resume", request_id="a", received=-1), "INVALID_FRAME"),
    "resume from 10^20": (frame(type="resume", request_id="a", received=10**20), "INVALID_FRAME"),
    "resume from text": (frame(type="resume", request_id="a", received="0"), "INVALID_FRAME"),
}


async def test_frames(stack, user) -> None:
    chats = user.rest.get("/api/chats").json()["items"]
    async with stack.connect(user) as socket:
        wrong: dict[str, Any] = {}
        for name, (text, code) in FRAMES.items():
            await socket.connection.send(text)
            error = await socket.receive()
            shaped = set(error) == {"type", "request_id", "code", "message", "retryable", "details"}
            hints = ((error.get("details") or {}).get("fields") or {}).values()
            korean = all(KOREAN.search(told) for told in (error.get("message", ""), *hints))
            if (error.get("code"), shaped, korean, error.get("retryable")) != (code, True, True, False):
                wrong[name] = error
            await socket.send("ping")  # the connection lives on
            assert await socket.receive() == {"type": "pong"}
        assert wrong == {}
    assert user.rest.get("/api/chats").json()["items"] == chats


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("a" * (200 * 1024), 1009),
        ("a" * (32 * 1024 + 1), 1009),
        (["a" * 16_000] * 9, 1009),  # no more than it takes: what nobody read would reset the connection
        (b"{}", 1003),
    ],
    ids=["200 KB message", "frame over 32 KB", "141 KB in pieces", "binary"],
)
async def test_what_closes_a_connection(stack, user, message, code) -> None:
    async with stack.connect(user) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.connection.send(message)
            while True:
                await socket.receive()
        assert closed.value.rcvd.code == code


async def test_large_message_in_small_pieces_is_taken(stack, user) -> None:
    text = json.dumps({"type": "ping", "padding": "a" * 100_000})
    async with stack.connect(user) as socket:
        await socket.connection.send([text[start : start + 16_000] for start in range(0, len(text), 16_000)])
        assert await socket.receive() == {"type": "pong"}


# Odd, and good


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("👩‍👩‍👧‍👦🏳️‍🌈 청년 적금 추천해줘 💸" * 20, None),
        ("청년월세지원" * 666, None),
        ("청년\0 적금\0 추천해줘", "청년 적금 추천해줘"),
        ("  청년 적금 추천해줘\n", "청년 적금 추천해줘"),
        ("청년 적금 \u202e추천해줘\u202c \u0301\u0301 \x07", None),
        ("'; DROP TABLE messages; -- {{7*7}} ${jndi:x} %s <script>alert(1)</script> 적금", None),
    ],
    ids=["emoji", "unbroken Korean", "NUL inside", "surrounding white space", "direction marks", "SQL and templates"],
)
async def test_odd_texts_are_answered(stack, user, text, stored) -> None:
    async with stack.connect(user) as socket:
        await socket.ask(text)
        frames = await socket.answer()
    assert frames[-1]["type"] == "done", frames[-1]
    chat_id = frames[0]["chat_id"]
    assert transcript(user, chat_id) == [("user", stored or text), ("assistant", whole(frames))]
    title = user.rest.get(f"/api/chats/{chat_id}").json()["title"]
    assert 0 < len(title) <= 100
    asked = await asyncio.to_thread(user.rest.post, f"/api/chats/{chat_id}/messages", json={"text": stored or text})
    assert asked.status_code == 200, asked.text
    assert asked.json()["question"]["content"] == (stored or text)


def test_search_for_odd_words(user) -> None:
    for words in ("👩‍👩‍👧‍👦", "%", "_", "'", '"', "\\", "청" * 200, "a & | ! ( ) : *", "\u202e적금", QUESTION):
        response = user.rest.get("/api/policies", params={"q": words})
        assert response.status_code == 200, (words, response.text)
