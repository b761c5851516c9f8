"""REST surface: routing, proxy events and responses, authorizer, CORS, validation and limits."""

import json
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from gateway_harness import Running, token, wait_until

ORIGIN = "https://app.example.com"


@pytest.fixture
def http(gateway: Running):
    with gateway.http() as client:
        yield client


def assert_error(reply, status, code):
    assert reply.status_code == status
    error = reply.json()["error"]
    assert error["code"] == code
    assert error["request_id"] == reply.headers["x-amzn-requestid"] == str(uuid.UUID(error["request_id"]))
    assert reply.headers["access-control-allow-origin"] == ORIGIN


def test_proxy_event(http, gateway: Running):
    headers = [("X-Two", "1"), ("X-Two", "2"), ("User-Agent", "tester"), ("Content-Type", "application/json")]
    reply = http.post("/api/echo?a=1&a=2&b=%EA%B0%80", content='{"k":"가"}'.encode(), headers=headers)
    event = reply.json()
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/api/echo", "/api/echo", "POST")
    assert event["headers"]["X-Two"] == "2"
    assert event["multiValueHeaders"]["X-Two"] == ["1", "2"]
    assert event["queryStringParameters"] == {"a": "2", "b": "가"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["가"]}
    assert event["pathParameters"] is None
    assert event["stageVariables"] is None
    assert (event["body"], event["isBase64Encoded"]) == ('{"k":"가"}', False)
    context = event["requestContext"]
    assert context["requestId"] == reply.headers["x-amzn-requestid"]
    assert context["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "tester"}
    assert (context["resourcePath"], context["httpMethod"]) == ("/api/echo", "POST")
    assert (context["protocol"], context["accountId"]) == ("HTTP/1.1", "000000000000")
    assert abs(context["requestTimeEpoch"] / 1000 - time.time()) < 30
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"])
    assert {"apiId", "stage", "resourceId", "domainName"} < set(context)
    assert "authorizer" not in context


def test_what_is_empty_is_null(http):
    event = http.get("/api/echo").json()
    assert event["body"] is None
    assert event["queryStringParameters"] is None
    assert event["multiValueQueryStringParameters"] is None


def test_path_parameters_are_decoded_and_literals_win(http):
    event = http.get("/api/echo/a%2Fb/parts/%EA%B0%80").json()
    assert event["resource"] == "/api/echo/{id}/parts/{part}"
    assert event["pathParameters"] == {"id": "a/b", "part": "가"}
    assert http.get("/api/echo/special/parts/1").json()["resource"] == "/api/echo/special/parts/{part}"


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/nothing"), ("DELETE", "/api/echo"), ("OPTIONS", "/api/no")])
def test_unknown_routes_and_methods(http, method, path):
    assert_error(http.request(method, path), 404, "NOT_FOUND")


def result(http, value, **asked):
    return http.post("/api/result", json={"result": value, **asked})


def test_proxy_response(http):
    reply = result(
        http,
        {
            "statusCode": "201",
            "headers": {"X-One": "1", "X-Both": "a", "X-True": True},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "X-Both": ["a", "b"]},
            "body": "가",
        },
    )
    assert (reply.status_code, reply.text) == (201, "가")
    assert reply.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert reply.headers.get_list("x-both") == ["a", "b"]
    assert (reply.headers["x-one"], reply.headers["x-true"]) == ("1", "true")
    assert reply.headers["content-type"] == "application/json"


def test_an_empty_response(http):
    reply = result(http, {"statusCode": 204})
    assert (reply.status_code, reply.content) == (204, b"")


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        {"body": "no status"},
        {"statusCode": "abc"},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"an": "object"}},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"X": "a\r\nY: b"}},
    ],
    ids=str,
)
def test_malformed_results_are_502(http, value):
    assert_error(result(http, value), 502, "INTERNAL")


def test_a_failing_function_is_502(http):
    assert_error(result(http, None, **{"raise": True}), 502, "INTERNAL")


def test_a_slow_function_is_504_and_goes_on(gateway_with):
    gateway = gateway_with(limits={"rest_timeout": 0.5})
    with gateway.http() as http:
        assert_error(result(http, {"statusCode": 200}, sleep=1), 504, "INTERNAL")
    assert wait_until(lambda: "REPORT RequestId" in gateway.log("rest"))


def test_bodies_over_the_limit_are_413(http):
    assert_error(http.post("/api/echo", content=b"x" * 100_001), 413, "INVALID_INPUT")

    def chunks():
        for _ in range(11):
            yield b"x" * 10_000

    assert http.post("/api/echo", content=chunks()).status_code == 413
    assert len(http.post("/api/echo", content=b"x" * 100_000).json()["body"]) == 100_000


def test_bodies_that_make_an_event_longer_than_lambda_takes_are_413(gateway_with):
    gateway = gateway_with(limits={"rest_body": 10_000, "invoke_payload": 5_000})
    with gateway.http() as http:
        assert http.post("/api/echo", content=b"x" * 100).status_code == 200
        assert_error(http.post("/api/echo", content=b"x" * 5_001), 413, "INVALID_INPUT")


def test_binary_types_of_the_contract(http):
    png = bytes(range(256))
    assert http.put("/api/picture", content=png, headers={"Content-Type": "image/png"}).headers["x-size"] == "256"
    assert http.put("/api/picture", content=b"a", headers={"Content-Type": "text/plain"}).headers["x-size"] == "-1"
    picture = http.get("/api/picture", headers={"Accept": "image/png,*/*"})
    assert (picture.content, picture.headers["content-type"]) == (b"\x89PNG\x00\xff", "image/png")
    assert http.get("/api/picture", headers={"Accept": "text/html"}).content == b"iVBORwD/"


@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer "])
def test_claims_reach_the_function(http, scheme):
    now = int(time.time())
    claims = {"email_verified": True, "cognito:groups": ["a", "b"], "iat": 0, "auth_time": now}
    reply = http.get("/api/me", headers={"Authorization": scheme + token(**claims)})
    seen = reply.json()["requestContext"]["authorizer"]["claims"]
    assert (seen["sub"], seen["email_verified"], seen["cognito:groups"]) == ("user-1", "true", "a,b")
    assert (seen["iat"], seen["auth_time"]) == ("Thu Jan 01 00:00:00 UTC 1970", str(now))


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x.y.z"}])
def test_without_a_valid_token_401(http, headers):
    assert_error(http.get("/api/me", headers=headers), 401, "UNAUTHORIZED")


def test_expired_tokens_401(http):
    assert_error(http.get("/api/me", headers={"Authorization": token(exp=1)}), 401, "UNAUTHORIZED")


def test_preflight_is_answered_by_the_gateway(http, gateway: Running):
    before = len(gateway.seen("rest"))
    reply = http.options("/api/echo", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    assert reply.status_code == 204
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert reply.headers["access-control-allow-methods"] == "GET,POST,OPTIONS"
    assert reply.headers["access-control-allow-headers"] == "Authorization,Content-Type"
    assert len(gateway.seen("rest")) == before


@pytest.mark.parametrize(
    ("path", "headers", "body", "found"),
    [
        ("/api/things", {"X-Version": "1"}, '{"name":"a"}', "kind"),
        ("/api/things?kind=", {"X-Version": "1"}, '{"name":"a"}', "kind"),
        ("/api/things?kind=a", {}, '{"name":"a"}', "X-Version"),
        ("/api/things?kind=a", {"X-Version": "1"}, "{}", "body: required"),
        ("/api/things?kind=a", {"X-Version": "1"}, '{"name":"much too long"}', "name: maxLength"),
        ("/api/things?kind=a", {"X-Version": "1"}, "{no", "Invalid JSON"),
    ],
)
def test_the_contracts_validator(http, path, headers, body, found):
    reply = http.post(path, content=body, headers={"Content-Type": "application/json", **headers})
    assert_error(reply, 400, "INVALID_INPUT")
    assert found in reply.json()["error"]["details"]
    assert "much too long" not in reply.text


def test_what_the_validator_lets_pass(http):
    body = {"name": "가나다", "note": None}
    reply = http.post("/api/things?kind=a", json=body, headers={"X-Version": "1"})
    assert json.loads(reply.json()["body"]) == body


def test_throttling(gateway_with):
    gateway = gateway_with(limits={"rest_rate": 0.001, "rest_burst": 2})
    with gateway.http() as http:
        assert [http.get("/api/echo").status_code for _ in range(3)] == [200, 200, 429]


def test_policy_cache_is_per_user_and_for_policies_alone(gateway_with):
    gateway = gateway_with(policy_cache_seconds=60)
    with gateway.http() as http:

        def request_id(path, user):
            reply = http.get(path, headers={"Authorization": token(sub=user)})
            return reply.json()["requestContext"]["requestId"]

        first = request_id("/api/policies?q=1", "a")
        assert request_id("/api/policies?q=1", "a") == first
        assert request_id("/api/policies?q=2", "a") != first
        assert request_id("/api/policies?q=1", "b") != first
        assert request_id("/api/me", "a") != request_id("/api/me", "a")
        assert http.get("/api/policies?q=1").status_code == 401


def test_requests_run_in_parallel(gateway: Running):
    with gateway.http() as http, ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(lambda n: http.get(f"/api/echo?n={n}").json(), range(20)))
    assert [reply["queryStringParameters"]["n"] for reply in replies] == [str(n) for n in range(20)]
