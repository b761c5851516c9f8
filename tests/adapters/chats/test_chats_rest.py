"""The REST operations on chats, through the product's REST handler and checked against the contract."""

import json
import threading
from uuid import uuid4

import pytest

from finq import rest
from finq.chats import answers, api
from finq.chats.answering import Answering, as_json

PATIENCE = 10.0


@pytest.fixture
def call(world, contract_checked, monkeypatch):
    """Calls an operation as API Gateway does: (status, JSON)."""
    monkeypatch.setattr(api, "database", world.database)
    monkeypatch.setattr(api, "chatbot", lambda: world.chatbot)

    def call(user, method, resource, body=None, query=None, **path):
        claims = {"sub": str(user), "email": "someone@example.test", "cognito:username": str(user)}
        event = {
            "resource": resource,
            "httpMethod": method,
            "pathParameters": path or None,
            "multiValueQueryStringParameters": {name: [str(value)] for name, value in (query or {}).items()},
            "body": None if body is None else json.dumps(body),
            "requestContext": {"requestId": "r-1", "authorizer": {"claims": claims}},
        }
        response = rest.handler(event, None)
        answer = json.loads(response["body"]) if response["body"] else None
        contract_checked(method, resource, response["statusCode"], answer)
        return response["statusCode"], answer

    return call


@pytest.fixture
def user(world):
    return world.user()


@pytest.fixture
def answering(world, script):
    """Lambda invokes a chatbot that says "답이에요." and hands back its result."""

    def run(run):
        script.say("답이에요.")
        script.end()
        return as_json(Answering(script, world.another_database(), world.pusher).answer(run, 100.0))

    world.hub.on_wait = run


def test_chats_are_created_renamed_and_deleted(call, user):
    status, chat = call(user, "POST", "/api/chats", {"title": "월세"})
    assert (status, chat["title"]) == (201, "월세")

    assert call(user, "PATCH", "/api/chats/{id}", {"title": "전세"}, id=chat["id"])[1]["title"] == "전세"
    assert call(user, "GET", "/api/chats/{id}", id=chat["id"])[1]["title"] == "전세"
    assert call(user, "DELETE", "/api/chats/{id}", id=chat["id"]) == (204, None)
    assert call(user, "GET", "/api/chats/{id}", id=chat["id"])[0] == 404


def test_pages_of_chats_hold_each_once_last_used_first(call, user, world):
    ids = [call(user, "POST", "/api/chats", {"title": str(number)})[1]["id"] for number in range(7)]
    call(world.user(), "POST", "/api/chats", {})
    world.execute("UPDATE chats SET updated_at = '2026-01-01' WHERE title IN ('1', '2', '3')")  # ties

    found, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        _, page = call(user, "GET", "/api/chats", query=query)
        found += [chat["id"] for chat in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert found[:4] == [ids[6], ids[5], ids[4], ids[0]]
    assert sorted(found) == sorted(ids)


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJub3QiLCJvdXJzIl0"])
def test_a_cursor_of_another_list_is_refused(call, user, cursor):
    status, body = call(user, "GET", "/api/chats", query={"cursor": cursor})
    assert (status, body["error"]["code"]) == (400, "INVALID_INPUT")


def test_a_question_is_answered_in_the_response(call, user, answering):
    _, chat = call(user, "POST", "/api/chats", {})
    body = {"text": " 월세 지원\n알려줘 ", "request_id": "r1"}
    status, answered = call(user, "POST", "/api/chats/{id}/messages", body, id=chat["id"])

    assert (status, answered["state"]) == (200, "complete")
    assert answered["question"]["content"] == "월세 지원\n알려줘"
    assert answered["answer"]["content"] == "답이에요."
    assert answered["answer"]["usage"]["model_calls"] == 2
    assert call(user, "POST", "/api/chats/{id}/messages", body, id=chat["id"]) == (200, answered)
    assert call(user, "GET", "/api/chats/{id}", id=chat["id"])[1]["title"] == "월세 지원 알려줘"


def test_messages_come_oldest_first_and_the_next_page_is_older(call, user, answering):
    _, chat = call(user, "POST", "/api/chats", {})
    for number in range(3):
        call(user, "POST", "/api/chats/{id}/messages", {"text": f"질문 {number}"}, id=chat["id"])

    _, newest = call(user, "GET", "/api/chats/{id}/messages", query={"limit": 4}, id=chat["id"])
    _, oldest = call(
        user, "GET", "/api/chats/{id}/messages", query={"limit": 4, "cursor": newest["next_cursor"]}, id=chat["id"]
    )

    contents = [message["content"] for message in oldest["items"] + newest["items"]]
    assert contents == ["질문 0", "답이에요.", "질문 1", "답이에요.", "질문 2", "답이에요."]
    assert oldest["next_cursor"] is None


def test_an_answer_that_takes_too_long_is_promised(call, user, world):
    _, chat = call(user, "POST", "/api/chats", {})
    told = threading.Event()
    world.hub.on_wait = lambda _: {"answered": told.wait(PATIENCE)}
    status, pending = call(user, "POST", "/api/chats/{id}/messages", {"text": "느린 질문"}, id=chat["id"])
    told.set()

    assert (status, pending["state"]) == (202, "queued")
    assert "answer" not in pending


@pytest.mark.parametrize("crash", [{"invoke_status": 500}, {"on_wait": lambda _: None}])
def test_a_chatbot_that_crashes_fails_the_answer(call, user, world, crash):
    for name, value in crash.items():
        setattr(world.hub, name, value)
    _, chat = call(user, "POST", "/api/chats", {})
    status, body = call(user, "POST", "/api/chats/{id}/messages", {"text": "질문"}, id=chat["id"])

    assert (status, body["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert world.row("SELECT state, error_code FROM answers") == {"state": "failed", "error_code": answers.LOST}


@pytest.mark.parametrize(
    ("text", "code"), [("", "EMPTY_MESSAGE"), ("  \u200b ", "EMPTY_MESSAGE"), ("가" * 4001, "MESSAGE_TOO_LONG")]
)
def test_text_is_checked_as_on_the_websocket(call, user, text, code):
    _, chat = call(user, "POST", "/api/chats", {})
    status, body = call(user, "POST", "/api/chats/{id}/messages", {"text": text}, id=chat["id"])

    assert (status, body["error"]["code"]) == (400, code)


def test_answers_are_rated_and_rated_again(call, user, answering):
    _, chat = call(user, "POST", "/api/chats", {})
    _, answered = call(user, "POST", "/api/chats/{id}/messages", {"text": "질문"}, id=chat["id"])
    answer, question = answered["answer"]["id"], answered["question"]["id"]

    assert call(user, "POST", "/api/messages/{id}/feedback", {"rating": 1}, id=answer)[1]["comment"] == ""
    _, feedback = call(user, "POST", "/api/messages/{id}/feedback", {"rating": -1, "comment": "틀려요"}, id=answer)
    assert feedback == {"message_id": answer, "rating": -1, "comment": "틀려요"}
    _, page = call(user, "GET", "/api/chats/{id}/messages", id=chat["id"])
    assert [message["feedback"] for message in page["items"]] == [None, -1]
    assert call(user, "POST", "/api/messages/{id}/feedback", {"rating": 1}, id=question)[0] == 404


def test_everything_of_somebody_else_is_not_found(call, user, world, answering):
    _, chat = call(user, "POST", "/api/chats", {"title": "내 대화"})
    _, answered = call(user, "POST", "/api/chats/{id}/messages", {"text": "질문"}, id=chat["id"])
    stranger = world.user()

    for id_ in (chat["id"], str(uuid4())):
        assert call(stranger, "GET", "/api/chats/{id}", id=id_)[0] == 404
        assert call(stranger, "PATCH", "/api/chats/{id}", {"title": "훔침"}, id=id_)[0] == 404
        assert call(stranger, "DELETE", "/api/chats/{id}", id=id_)[0] == 404
        assert call(stranger, "GET", "/api/chats/{id}/messages", id=id_)[0] == 404
        assert call(stranger, "POST", "/api/chats/{id}/messages", {"text": "안녕"}, id=id_)[0] == 404
    feedback = call(stranger, "POST", "/api/messages/{id}/feedback", {"rating": -1}, id=answered["answer"]["id"])
    assert feedback[0] == 404
    assert call(user, "GET", "/api/chats/{id}", id=chat["id"])[1]["title"] == "내 대화"
