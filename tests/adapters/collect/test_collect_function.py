"""`{"action": "collect"}` of finkurn-load-policies: from the function's environment to the bucket."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from collect_harness import KEY, RECORDS, Bucket, Source

from finq.database import Database
from finq.errors import InvalidInput, SourceUnavailable
from finq.functions import load_policies

CONTEXT = SimpleNamespace(function_name="f", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="r-1")
SECRET = "finkurn/openapi"


@pytest.fixture
def secret(aws_environment: Any) -> Iterator[Callable[[dict[str, str]], None]]:
    """Stores the key of the Open API."""
    manager = aws_environment.client("secretsmanager")
    manager.create_secret(Name=SECRET, SecretString=json.dumps({"api_key": KEY}))
    yield lambda value: manager.put_secret_value(SecretId=SECRET, SecretString=json.dumps(value))
    manager.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def function(
    aws_environment: Any, database: Database, bucket: Bucket, source: Source, monkeypatch: pytest.MonkeyPatch
) -> SimpleNamespace:
    """The handler, with a loader that only notes how it is called."""
    loads = []

    class Loader:
        def run(self, **arguments: Any) -> Any:
            loads.append(arguments)
            return SimpleNamespace(as_json=lambda: {"stage": "done"})

    monkeypatch.setenv("FINQ_OPENAPI_URL", source.url)
    monkeypatch.setenv("FINQ_POLICY_BUCKET", bucket.name)
    monkeypatch.setattr(load_policies, "_loader", Loader)
    monkeypatch.setattr(load_policies, "database", database)
    return SimpleNamespace(loads=loads, invoke=lambda event: load_policies.handler(event, CONTEXT))


def test_collects_and_loads_only_if_asked_to(function: Any, secret: Any, bucket: Bucket) -> None:
    answer = function.invoke({"action": "collect"})
    assert (answer["collected"]["new"], answer["loaded"], function.loads) == (RECORDS, None, [])
    assert len(bucket.stored()) == RECORDS
    answer = function.invoke({"action": "collect", "then": "load"})
    assert (answer["collected"]["unchanged"], answer["loaded"]) == (RECORDS, {"stage": "done"})
    assert function.loads == [{"prefix": "", "withdraw_missing": True}]


def test_a_rotated_key_counts_at_once(function: Any, secret: Any, source: Source) -> None:
    secret({"api_key": "revoked"})
    with pytest.raises(SourceUnavailable, match="refuses the API key"):
        function.invoke({"action": "collect", "then": "load"})
    assert function.loads == []
    secret({"api_key": KEY})
    assert function.invoke({"action": "collect"})["collected"]["complete"]


def test_a_secret_without_a_key_is_named(function: Any, secret: Any) -> None:
    secret({"apiKey": KEY})
    with pytest.raises(SourceUnavailable, match="the secret finkurn/openapi holds no api_key"):
        function.invoke({"action": "collect"})


def test_the_function_url_answers_with_the_error_shape(function: Any, secret: Any) -> None:
    secret({"api_key": "revoked"})
    event = {"requestContext": {"http": {"method": "POST"}}, "body": '{"action": "collect"}'}
    response = function.invoke(event)
    error = json.loads(response["body"])["error"]
    assert (response["statusCode"], error["code"], error["request_id"]) == (503, "SOURCE_UNAVAILABLE", "r-1")
    assert "revoked" not in response["body"]


@pytest.mark.parametrize("event", [{"action": "collect", "then": "drop"}, {"action": "collect", "accept_vanished": 1}])
def test_a_bad_event_is_refused(function: Any, event: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        function.invoke(event)
