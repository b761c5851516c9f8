"""Lambda API and the workers behind it, through boto3."""

import base64
import json
import re
import uuid

import pytest
from botocore.exceptions import ClientError
from gateway_harness import Running


def payload(reply):
    return json.load(reply["Payload"])


def refusal(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_a_result_comes_back(gateway: Running):
    reply = gateway.invoke("behave", {"a": "가"})
    assert (reply["StatusCode"], reply["ExecutedVersion"]) == (200, "$LATEST")
    assert payload(reply)["echo"] == {"a": "가"}
    assert "FunctionError" not in reply


def test_arn_and_qualifier_name_the_same_function(gateway: Running):
    arn = "arn:aws:lambda:ap-northeast-2:000000000000:function:behave"
    for name, more in ((arn, {}), (f"{arn}:live", {}), ("behave", {"Qualifier": "live"}), ("behave:$LATEST", {})):
        assert gateway.invoke(name, {}, **more)["StatusCode"] == 200
    assert refusal(gateway.invoke, "behave", {}, Qualifier="7") == (404, "ResourceNotFoundException")


def test_unknown_function(gateway: Running):
    assert refusal(gateway.invoke, "nobody", {}) == (404, "ResourceNotFoundException")
    with pytest.raises(gateway.client("lambda").exceptions.ResourceNotFoundException):
        gateway.client("lambda").get_function(FunctionName="nobody")


def test_functions_are_described(gateway: Running):
    client = gateway.client("lambda")
    configuration = client.get_function(FunctionName="brief")["Configuration"]
    assert (configuration["Timeout"], configuration["MemorySize"]) == (1, 128)
    assert client.get_function_configuration(FunctionName="brief") | {"ResponseMetadata": 0} == configuration | {
        "ResponseMetadata": 0
    }
    names = [function["FunctionName"] for function in client.list_functions()["Functions"]]
    assert {"behave", "rest", "url"} < set(names)


def test_context_of_the_invocation(gateway: Running):
    context = base64.b64encode(json.dumps({"custom": {"k": "v"}}).encode()).decode()
    seen = payload(gateway.invoke("behave", {"do": "context"}, ClientContext=context))
    assert 25_000 < seen["remaining_ms"] <= 30_000
    assert seen["arn"] == "arn:aws:lambda:ap-northeast-2:000000000000:function:behave"
    assert seen["memory"] == "128"
    assert seen["client"] == {"k": "v"}
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01]", seen["trace"])


def test_workers_see_only_the_environment_lambda_gives(gateway: Running, monkeypatch):
    monkeypatch.setenv("FINQ_SECRET_OF_THE_PARENT", "x")
    seen = payload(gateway.invoke("behave", {"do": "environment"}))
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "behave"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "ap-northeast-2"
    assert seen["TZ"] == ":UTC"
    assert seen["AWS_ENDPOINT_URL_S3"] == "http://s3"
    assert seen["FINQ_TEST_RECORDS"] == str(gateway.records)
    assert not {"FINQ_NOT_LISTED", "FINQ_SECRET_OF_THE_PARENT", "PYTEST_CURRENT_TEST"} & set(seen)


def test_a_raised_exception_is_a_function_error_with_its_log(gateway: Running):
    reply = gateway.invoke("behave", {"do": "raise"}, LogType="Tail")
    assert (reply["StatusCode"], reply["FunctionError"]) == (200, "Unhandled")
    error = payload(reply)
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "asked to fail")
    assert any("gateway_handlers.py" in line for line in error["stackTrace"])
    log = base64.b64decode(reply["LogResult"]).decode()
    assert "[ERROR] ValueError: asked to fail\nTraceback" in log


def test_log_holds_the_lines_of_lambda(gateway: Running):
    reply = gateway.invoke("behave", {"do": "print"}, LogType="Tail")
    request_id = reply["ResponseMetadata"]["RequestId"]
    lines = base64.b64decode(reply["LogResult"]).decode().splitlines()
    assert lines[0] == f"START RequestId: {request_id} Version: $LATEST"
    assert lines[1:-2] == ["printed by the handler", "to stderr"]
    assert lines[-2] == f"END RequestId: {request_id}"
    assert re.fullmatch(
        rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB"
        r"\tMax Memory Used: [1-9]\d* MB(\tInit Duration: [\d.]+ ms)?",
        lines[-1],
    )
    assert all(line in gateway.log("behave") for line in lines)


def test_dry_run_runs_nothing(gateway: Running):
    marker = uuid.uuid4().hex
    assert gateway.invoke("behave", {"marker": marker}, InvocationType="DryRun")["StatusCode"] == 204
    assert not [seen for seen in gateway.seen("behave") if seen["event"].get("marker") == marker]


def test_bad_requests(gateway: Running):
    client = gateway.client("lambda")
    not_json = refusal(client.invoke, FunctionName="behave", Payload=b"{no")
    assert not_json == (400, "InvalidRequestContentException")
    large = b'"' + b"x" * (6 * 1024 * 1024) + b'"'
    assert refusal(client.invoke, FunctionName="behave", Payload=large) == (413, "RequestTooLargeException")
    large = b'"' + b"x" * (1024 * 1024) + b'"'
    refused = refusal(client.invoke, FunctionName="behave", Payload=large, InvocationType="Event")
    assert refused == (413, "RequestTooLargeException")


def test_only_the_local_credentials_may_call(gateway: Running):
    stranger = gateway.client("lambda", aws_secret_access_key="other")
    assert refusal(stranger.invoke, FunctionName="behave") == (403, "AccessDeniedException")
    with gateway.http() as http:
        assert http.post("/2015-03-31/functions/behave/invocations", json={}).status_code == 403


def test_a_result_of_5_mb_passes_and_one_over_6_mb_does_not(gateway: Running):
    assert len(payload(gateway.invoke("behave", {"do": "big", "size": 5_000_000}))) == 5_000_000
    reply = gateway.invoke("behave", {"do": "big", "size": 6 * 1024 * 1024})
    assert reply["FunctionError"] == "Unhandled"
    assert payload(reply)["errorType"] == "Function.ResponseSizeTooLarge"
    assert gateway.invoke("behave", {})["StatusCode"] == 200


def test_an_import_error_is_the_result_and_shows_in_the_status(gateway: Running):
    reply = gateway.invoke("broken", {})
    assert reply["FunctionError"] == "Unhandled"
    assert payload(reply)["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_module" in gateway.status()["functions"]["broken"]["last_error"]
    assert gateway.status()["functions"]["broken"]["state"] == "failed"
