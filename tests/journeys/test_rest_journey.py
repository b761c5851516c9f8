"""A user's way through the REST API, over HTTP: through the gateway, its authorizer and the function processes."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from finq import clock

METHODS = ("get", "post", "put", "patch", "delete")
Check = Callable[[str, str, int, Any], None]


@pytest.fixture
def checked(contract_checked: Check, contract: dict[str, Any]) -> Callable[..., Any]:
    """Sends a request to a path of the contract and holds the answer to it; returns (status, body)."""

    def send(client: httpx.Client, method: str, resource: str, *, path: Any = "", **request: Any) -> tuple[int, Any]:
        assert method.lower() in contract["paths"][resource]
        response = client.request(method, resource.replace("{id}", str(path)), **request)
        body = response.json() if response.content else None
        contract_checked(method, resource, response.status_code, body)
        return response.status_code, body

    return send


def test_from_sign_up_to_today_and_out(
    new_user: Callable[..., Any], rest: httpx.Client, checked: Callable[..., Any]
) -> None:
    me = new_user()
    told = {"age": 25, "region": "서울", "employment": "unemployed", "interests": ["주거"]}
    status, profile = checked(me.rest, "PATCH", "/api/me", json=told)
    assert (status, profile["region"], profile["user_id"]) == (200, "서울특별시", me.id)

    status, found = checked(me.rest, "GET", "/api/policies", params={"q": "월세 지원", "age": 25, "region": "서울"})
    assert status == 200
    assert found["items"]
    # What the query asked for filters; what only the profile says shows in the verdict.
    misses = {
        reason["limit"] for item in found["items"] for reason in item["reasons"] if reason["status"] == "not_eligible"
    }
    assert misses <= {"employment"}

    _, recommended = checked(me.rest, "GET", "/api/policies/recommended", params={"limit": 5})
    assert "주거" in recommended["items"][0]["policy"]["categories"]

    chosen = next(item for item in found["items"] if item["documents"])
    _, detail = checked(me.rest, "GET", "/api/policies/{id}", path=chosen["id"])
    assert detail["policy"] == chosen

    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    wish = {"policy_id": chosen["id"], "personal_deadline": tomorrow, "remind_days_before": 1}
    status, saved = checked(me.rest, "POST", "/api/user-policies", json=wish)
    assert status == 201
    assert checked(me.rest, "POST", "/api/user-policies", json=wish) == (200, saved)

    _, listed = checked(me.rest, "GET", "/api/user-policies/{id}/documents", path=saved["id"])
    tick = {"documents": [{"document_id": listed["documents"][0]["document_id"], "done": True}]}
    _, ticked = checked(me.rest, "PUT", "/api/user-policies/{id}/documents", path=saved["id"], json=tick)
    assert ticked["progress"]["done"] == 1

    _, today = checked(me.rest, "GET", "/api/today")
    assert date.fromisoformat(today["date"]) == clock.today()
    assert [item["id"] for item in today["due_soon"]] == [saved["id"]]
    assert [item["id"] for item in today["reminders"]] == [saved["id"]]
    assert today["documents"]["done"] == 1

    _, renewed = checked(rest, "POST", "/api/auth/refresh", json={"refresh_token": me.tokens["refresh_token"]})
    me.rest.headers["Authorization"] = renewed["id_token"]
    assert checked(me.rest, "GET", "/api/me")[1]["age"] == 25
    assert checked(me.rest, "POST", "/api/auth/logout", json={"refresh_token": me.tokens["refresh_token"]})[0] == 200
    assert checked(rest, "POST", "/api/auth/refresh", json={"refresh_token": me.tokens["refresh_token"]})[0] == 401

    assert checked(me.rest, "DELETE", "/api/me")[0] == 204
    assert checked(me.rest, "GET", "/api/me")[0] == 401
    login = {"email": me.email, "password": me.password}
    assert checked(rest, "POST", "/api/auth/login", json=login)[0] == 401


def test_a_chat_without_a_websocket(new_user: Callable[..., Any], checked: Callable[..., Any]) -> None:
    me = new_user(age=25, region="서울")
    _, chat = checked(me.rest, "POST", "/api/chats", json={"title": "월세"})
    question = {"text": "25살인데 월세 지원 받을 수 있어?", "request_id": uuid4().hex}
    status, answered = checked(me.rest, "POST", "/api/chats/{id}/messages", path=chat["id"], json=question)
    assert status == 200
    assert answered["answer"]["content"]
    again = checked(me.rest, "POST", "/api/chats/{id}/messages", path=chat["id"], json=question)
    assert again == (200, answered)
    _, page = checked(me.rest, "GET", "/api/chats/{id}/messages", path=chat["id"])
    assert [message["role"] for message in page["items"]] == ["user", "assistant"]
    status, _ = checked(
        me.rest, "POST", "/api/messages/{id}/feedback", path=answered["answer"]["id"], json={"rating": 1}
    )
    assert status == 200


def test_what_belongs_to_somebody_else_is_404_everywhere(
    new_user: Callable[..., Any], contract: dict[str, Any], checked: Callable[..., Any]
) -> None:
    owner, other = new_user(), new_user()
    _, policies = checked(owner.rest, "GET", "/api/policies", params={"limit": 1})
    _, saved = checked(owner.rest, "POST", "/api/user-policies", json={"policy_id": policies["items"][0]["id"]})
    _, chat = checked(owner.rest, "POST", "/api/chats", json={"title": "내 대화"})
    question = {"text": "안녕"}
    _, answered = checked(owner.rest, "POST", "/api/chats/{id}/messages", path=chat["id"], json=question)
    owned = {"user-policies": saved["id"], "chats": chat["id"], "messages": answered["answer"]["id"]}
    bodies = {
        ("patch", "/api/user-policies/{id}"): {"notes": "x"},
        ("put", "/api/user-policies/{id}/documents"): {"documents": [{"document_id": 1, "done": True}]},
        ("patch", "/api/chats/{id}"): {"title": "x"},
        ("post", "/api/chats/{id}/messages"): question,
        ("post", "/api/messages/{id}/feedback"): {"rating": 1},
    }
    tried = 0
    for resource, item in contract["paths"].items():
        kind = resource.split("/")[2]
        if "{id}" not in resource or kind == "policies":
            continue
        for method in set(item) & set(METHODS):
            request = {"json": bodies[method, resource]} if (method, resource) in bodies else {}
            theirs = checked(other.rest, method.upper(), resource, path=owned[kind], **request)
            nobodys = checked(other.rest, method.upper(), resource, path=uuid4(), **request)
            assert theirs[0] == nobodys[0] == 404, (method, resource)
            assert theirs[1]["error"]["message"] == nobodys[1]["error"]["message"]
            tried += 1
    assert tried == 10
    assert checked(other.rest, "GET", "/api/chats")[1]["items"] == []
    assert checked(owner.rest, "GET", "/api/user-policies")[1]["items"] == [saved]
    assert checked(owner.rest, "GET", "/api/chats/{id}", path=chat["id"])[0] == 200


def test_without_a_token_or_with_a_wrong_one_nothing_opens(
    new_user: Callable[..., Any], rest: httpx.Client, contract: dict[str, Any]
) -> None:
    access_token = new_user().tokens["access_token"]
    for resource, item in contract["paths"].items():
        for method in set(item) & set(METHODS):
            if not item[method]["security"]:
                continue
            for token in (None, "made-up", "Bearer made-up", access_token):
                headers = {"Authorization": token} if token else {}
                response = rest.request(method, resource.replace("{id}", str(uuid4())), headers=headers, json={})
                assert response.status_code == 401, (method, resource, token)
                assert response.json()["error"]["code"] == "UNAUTHORIZED"
    assert rest.get("/api/health").json()["status"] == "ok"
    assert rest.get("/api/nowhere").status_code == 404
    assert rest.get("/api/nowhere").json()["error"]["code"] == "NOT_FOUND"


BAD: list[tuple[str, str, dict[str, Any], str]] = [
    ("PATCH", "/api/me", {"json": {"age": -1}}, "age"),
    ("PATCH", "/api/me", {"json": {"age": 300}}, "age"),
    ("PATCH", "/api/me", {"json": {"region": "아틀란티스"}}, "region"),
    ("PATCH", "/api/me", {"content": b"{"}, "body"),
    ("PATCH", "/api/me", {"content": b"\xff\xfe"}, "body"),
    ("GET", "/api/policies", {"params": {"limit": 0}}, "limit"),
    ("GET", "/api/policies", {"params": {"cursor": "x"}}, "cursor"),
    ("GET", "/api/policies", {"params": {"status": ["open", "maybe"]}}, "status.1"),
    ("POST", "/api/user-policies", {"json": {}}, "policy_id"),
    ("POST", "/api/user-policies", {"json": {"policy_id": "' OR 1=1"}}, "policy_id"),
    ("POST", "/api/user-policies", {"json": {"policy_id": "p", "note": "x"}}, "note"),
    ("POST", "/api/chats", {"json": {"title": "가" * 101}}, "title"),
    ("GET", "/api/chats", {"params": {"limit": 1000}}, "limit"),
    ("POST", "/api/auth/logout", {"json": {"refresh_token": ""}}, "refresh_token"),
    ("POST", "/api/auth/signup", {"json": {"email": "haneul", "password": "Haneul!2026"}}, "email"),
    ("POST", "/api/auth/confirm", {"json": {"email": "a@example.com", "code": "12"}}, "code"),
]


def test_bad_input_is_named_in_korean(new_user: Callable[..., Any], checked: Callable[..., Any]) -> None:
    me = new_user()
    for method, resource, request, field in BAD:
        headers = {"Content-Type": "application/json"} if "content" in request else {}
        status, body = checked(me.rest, method, resource, headers=headers, **request)
        assert (status, body["error"]["code"]) == (400, "INVALID_INPUT"), (method, resource, request)
        hint = body["error"]["details"]["fields"][field]
        assert any("가" <= letter <= "힣" for letter in hint), hint
        assert body["error"]["request_id"]
