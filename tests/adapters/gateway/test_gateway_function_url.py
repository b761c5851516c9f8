"""Function URL with AWS_IAM, payload format 2.0."""

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from gateway_harness import Running


def call(gateway: Running, method, path, *, body=b"", headers=None, secret="test", service="lambda", tamper=None):
    url = f"{gateway.url}/function-urls/url{path}"
    signed = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    SigV4Auth(Credentials("test", secret), service, "ap-northeast-2").add_auth(signed)
    return httpx.request(method, url, content=body if tamper is None else tamper, headers=dict(signed.headers))


def test_event_and_response_of_format_2(gateway: Running):
    headers = {"Content-Type": "application/json", "Cookie": "x=1; y=2"}
    reply = call(gateway, "POST", "/load/now?b=2&a=1&a=%EA%B0%80", body='{"k":"가"}'.encode(), headers=headers)
    assert reply.status_code == 201
    assert reply.headers["x-kind"] == "url"
    assert reply.headers.get_list("set-cookie") == ["a=1", "b=2"]
    event = reply.json()
    assert event["version"] == "2.0"
    assert (event["rawPath"], event["rawQueryString"]) == ("/load/now", "b=2&a=1&a=%EA%B0%80")
    assert event["queryStringParameters"] == {"b": "2", "a": "1,가"}
    assert event["cookies"] == ["x=1", "y=2"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"k":"가"}', False)
    assert event["headers"]["content-type"] == "application/json"
    context = event["requestContext"]
    assert context["http"]["method"] == "POST"
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert context["authorizer"]["iam"]["accessKey"] == "test"


def test_binary_bodies_come_as_base64(gateway: Running):
    headers = {"Content-Type": "application/octet-stream"}
    event = call(gateway, "POST", "/", body=b"\x00\xff", headers=headers).json()
    assert (event["body"], event["isBase64Encoded"]) == ("AP8=", True)


def test_a_result_without_status_is_the_body(gateway: Running):
    reply = call(gateway, "GET", "/plain?q=1")
    assert (reply.status_code, reply.json()) == (200, {"seen": "q=1"})
    assert reply.headers["content-type"] == "application/json"


def test_a_failing_function_is_502(gateway: Running):
    reply = call(gateway, "GET", "/raise")
    assert (reply.status_code, reply.json()) == (502, {"Message": "Internal Server Error"})


@pytest.mark.parametrize(
    "wrong",
    [{"secret": "other"}, {"service": "execute-api"}, {"tamper": b"changed"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong_signatures_are_forbidden(gateway: Running, wrong):
    reply = call(gateway, "POST", "/", body=b"{}", **wrong)
    assert (reply.status_code, reply.json()) == (403, {"Message": "Forbidden"})


def test_unsigned_requests_are_forbidden_and_other_functions_have_no_url(gateway: Running):
    with gateway.http() as http:
        assert http.get("/function-urls/url/").status_code == 403
        assert http.get("/function-urls/behave/").status_code == 404
