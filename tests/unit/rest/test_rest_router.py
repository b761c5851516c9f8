"""The router: from a proxy event to the one response shape, whatever the input."""

import base64
import io
import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from finq import rest
from finq.accounts.claims import Claims
from finq.errors import NotFound

SUB = "0b8c5f6e-58a1-4f6d-9d51-4d5a4f3a9a10"
CLAIMS = {"sub": SUB, "email": "haneul@example.com", "cognito:username": SUB, "exp": "Sun Nov 22 21:00:00 UTC 2026"}


class Item(BaseModel):
    name: str


class NewItem(rest.Body):
    name: str = Field(min_length=1, max_length=5)
    count: int = Field(1, ge=1, le=3)
    when: date | None = None


class Search(rest.Query):
    q: str | None = None
    limit: int = Field(20, ge=1, le=50)
    tag: tuple[str, ...] = ()


@pytest.fixture(autouse=True)
def operations(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Operations of the test's own behind two routes of the contract's shape."""
    monkeypatch.setattr(rest, "OPERATIONS", {})
    table = {
        ("POST", "/items"): "make",
        ("GET", "/items"): "find",
        ("GET", "/items/{id}"): "get",
        ("DELETE", "/items/{id}"): "drop",
        ("GET", "/broken"): "broken",
        ("GET", "/unserved"): "unserved",
    }
    monkeypatch.setattr(rest, "routes", lambda: table)
    monkeypatch.setenv("FINQ_WEB_ORIGIN", "https://finq.example")
    rest.load.cache_clear()
    rest._headers.cache_clear()

    @rest.operation("make")
    def make(claims: Claims, body: NewItem) -> tuple[int, Item]:
        return 201, Item(name=f"{body.name} {claims.sub}")

    @rest.operation("find")
    def find(query: Search) -> Item:
        return Item(name=f"{query.q} {query.limit} {query.tag}")

    @rest.operation("get")
    def get(id: UUID, request_id: str) -> Item:
        if id.int == 0:
            raise NotFound("그런 것은 없어요.")
        return Item(name=f"{id} {request_id}")

    @rest.operation("drop")
    def drop(id: UUID) -> None:
        return None

    @rest.operation("broken")
    def broken() -> Item:
        raise RuntimeError("secret words of " + CLAIMS["email"])

    yield
    rest.load.cache_clear()
    rest._headers.cache_clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the function's log receives."""
    stream = io.StringIO()
    monkeypatch.setattr(rest.logger.registered_handler, "stream", stream)
    return stream


def call(
    method: str,
    resource: str,
    *,
    body: str | None = None,
    query: dict[str, list[str]] | None = None,
    path: dict[str, str] | None = None,
    claims: dict[str, str] | None = CLAIMS,
    **more: Any,
) -> tuple[int, Any, dict[str, Any]]:
    event = {
        "resource": resource,
        "httpMethod": method,
        "body": body,
        "pathParameters": path,
        "multiValueQueryStringParameters": query,
        "requestContext": {"requestId": "r-1", "authorizer": {"claims": claims} if claims else None},
        **more,
    }
    response = rest.handler(event, None)
    return response["statusCode"], json.loads(response["body"]) if response["body"] else None, response


def fields(body: Any) -> dict[str, str]:
    assert body["error"]["code"] == "INVALID_INPUT"
    return body["error"]["details"]["fields"]


def test_a_body_reaches_the_function_and_korean_stays_readable() -> None:
    status, body, response = call("POST", "/items", body='{"name":"월세"}')
    assert (status, body) == (201, {"name": f"월세 {SUB}"})
    assert "월세" in response["body"]


def test_a_base64_body_is_decoded() -> None:
    encoded = base64.b64encode('{"name":"월세"}'.encode()).decode()
    assert call("POST", "/items", body=encoded, isBase64Encoded=True)[0] == 201


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        (None, "body", "JSON"),
        ("", "body", "JSON"),
        ("{", "body", "JSON"),
        ("[]", "body", "객체"),
        ("null", "body", "객체"),
        ("{}", "name", "꼭"),
        ('{"name":""}', "name", "1자 이상"),
        ('{"name":"여섯글자예요"}', "name", "5자 이하"),
        ('{"name":7}', "name", "글자"),
        ('{"name":null}', "name", "글자"),
        ('{"name":"a","count":"2"}', "count", "정수"),
        ('{"name":"a","count":1.5}', "count", "정수"),
        ('{"name":"a","count":true}', "count", "정수"),
        ('{"name":"a","count":0}', "count", "1 이상"),
        ('{"name":"a","count":4}', "count", "3 이하"),
        ('{"name":"a","when":"2026-02-30"}', "when", "YYYY-MM-DD"),
        ('{"name":"a","when":20261122}', "when", "YYYY-MM-DD"),
        ('{"name":"a","nmae":"b"}', "nmae", "없는 항목"),
        ('{"name":"a\\u0000"}', "name", "쓸 수 없는"),
        ('{"name":"\\ud800"}', "body", "JSON"),
    ],
)
def test_bad_bodies_name_the_field_in_korean(body: str | None, field: str, says: str) -> None:
    status, answer, _ = call("POST", "/items", body=body)
    assert status == 400
    assert says in fields(answer)[field]


def test_a_huge_body_is_refused_with_the_limit() -> None:
    status, body, _ = call("POST", "/items", body='{"name":"' + "가" * rest.MAX_BODY_BYTES + '"}')
    assert status == 413
    assert body["error"]["details"]["limit_bytes"] == rest.MAX_BODY_BYTES


def test_query_values_are_read_and_lists_keep_every_value() -> None:
    _, body, _ = call("GET", "/items", query={"q": ["집", "방"], "limit": ["5"], "tag": ["a", "b"], "_": ["1"]})
    assert body == {"name": "방 5 ('a', 'b')"}
    _, body, _ = call("GET", "/items", query=None)
    assert body == {"name": "None 20 ()"}


@pytest.mark.parametrize("limit", ["0", "51", "-1", "x", "", "1.5", "9" * 400])
def test_bad_query_values_name_the_field(limit: str) -> None:
    status, body, _ = call("GET", "/items", query={"limit": [limit]})
    assert status == 400
    assert "limit" in fields(body)


def test_path_parameters_are_checked() -> None:
    assert call("GET", "/items/{id}", path={"id": SUB})[1] == {"name": f"{SUB} r-1"}
    status, body, _ = call("GET", "/items/{id}", path={"id": "1; DROP TABLE users"})
    assert status == 400
    assert "id" in fields(body)


def test_nothing_to_say_is_204_without_a_body() -> None:
    status, body, _ = call("DELETE", "/items/{id}", path={"id": SUB})
    assert (status, body) == (204, None)


@pytest.mark.parametrize("claims", [None, {}, {"sub": SUB}, {**CLAIMS, "sub": "me"}, {**CLAIMS, "sub": ""}])
def test_without_a_verified_caller_it_is_401(claims: dict[str, str] | None) -> None:
    status, body, _ = call("POST", "/items", body='{"name":"a"}', claims=claims)
    assert status == 401
    assert body["error"]["code"] == "UNAUTHORIZED"
    assert "details" not in body["error"]


def test_errors_have_the_one_shape() -> None:
    status, body, _ = call("GET", "/items/{id}", path={"id": str(UUID(int=0))})
    assert status == 404
    assert body == {"error": {"code": "NOT_FOUND", "message": "그런 것은 없어요.", "request_id": "r-1"}}


def test_an_unknown_exception_is_500_and_its_message_goes_nowhere(log: io.StringIO) -> None:
    status, body, response = call("GET", "/broken")
    assert status == 500
    assert body["error"]["code"] == "INTERNAL"
    written = log.getvalue()
    assert "RuntimeError" in written
    assert "in broken" in written
    assert "haneul" not in written + response["body"]


@pytest.mark.parametrize("resource", ["/unserved", "/nowhere"])
def test_what_nobody_serves_is_404(resource: str) -> None:
    assert call("GET", resource)[0] == 404


def test_every_answer_bears_cors_and_security_headers() -> None:
    for answer in (call("GET", "/items"), call("GET", "/broken"), call("GET", "/nowhere")):
        headers = answer[2]["headers"]
        assert headers["Access-Control-Allow-Origin"] == "https://finq.example"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Type"] == "application/json; charset=utf-8"


def test_the_log_tells_what_happened_without_what_was_said(log: io.StringIO) -> None:
    call("POST", "/items", body='{"name":"비밀"}')
    line = json.loads(log.getvalue().splitlines()[-1])
    assert (line["operation"], line["status"], line["user_id"]) == ("make", 201, SUB)
    assert line["ms"] >= 0
    assert "비밀" not in json.dumps(line, ensure_ascii=False)
    assert "haneul" not in json.dumps(line)


def test_an_operation_is_served_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        rest.operation("get")(lambda: None)
