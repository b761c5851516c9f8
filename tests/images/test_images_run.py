"""Every function starts in its image, with a read-only root and no more memory than Lambda gives it, and answers."""

import json
import subprocess

import pytest

from finq_local.bundle.trial import NOWHERE, StartFailed, running
from finq_local.functions import load_functions
from finq_local.stack.layout import PROJECT

FUNCTIONS = load_functions(PROJECT / "functions.yaml").functions


def rest(method: str, path: str, **more: object) -> dict[str, object]:
    return {"httpMethod": method, "resource": path, "path": path, "requestContext": {"requestId": "r"}, **more}


LOGIN = json.dumps({"email": "a@example.com", "password": "Correct-horse-1!"})
SOCKET = {"requestContext": {"connectionId": "c", "routeKey": "$default"}, "body": '{"type": "ping"}'}
# What each is asked, and what it must say when nothing around it answers: its own words, not an ImportError.
ASKED: dict[str, tuple[dict[str, object], object]] = {
    "finkurn-api": (rest("POST", "/api/auth/login", body=LOGIN), 503),
    "finkurn-backend-v4": (rest("GET", "/api/policies"), 401),
    "finkurn-chatbot": ({"answer_id": "00000000-0000-0000-0000-000000000001", "attempt": 1}, "ServiceUnavailable"),
    "finkurn-ws-connect": ({"requestContext": {"connectionId": "c"}, "headers": {}}, 401),
    "finkurn-ws-message": (SOCKET, 200),  # a pong that cannot be pushed is let go
    "finkurn-ws-disconnect": ({"requestContext": {"connectionId": "c"}}, "ServiceUnavailable"),
    "finkurn-load-policies": ({}, "ServiceUnavailable"),
    "finkurn-monitor-policies": ({}, "ServiceUnavailable"),
    "finkurn-check-pgvector": ({}, "ServiceUnavailable"),
    "finkurn-install-pgvector": ({}, "ServiceUnavailable"),
}


@pytest.mark.parametrize("name", FUNCTIONS)
async def test_a_function_starts_and_answers(build, name):
    function = FUNCTIONS[name]
    event, expected = ASKED[name]
    async with running(build(function.package), function, NOWHERE) as trial:
        outcome = await trial.invoke(event)
        again = await trial.invoke(event)
    answer = json.loads(outcome.payload)
    assert answer.get("errorType", answer.get("statusCode")) == expected, answer
    assert json.loads(again.payload).get("errorType", json.loads(again.payload).get("statusCode")) == expected


async def test_a_handler_that_cannot_be_imported_says_so(build):
    broken = FUNCTIONS["finkurn-backend-v4"]
    environment = {key: value for key, value in NOWHERE.items() if key != "FINQ_USER_POOL_ID"}
    with pytest.raises(StartFailed, match="FINQ_USER_POOL_ID"):
        async with running(build("backend"), broken, environment):
            pass


@pytest.mark.parametrize("package", ["chatbot", "etl"])
def test_milvus_client_works_slimmed(build, package):
    program = "import pymilvus, numpy; pymilvus.MilvusClient; print(numpy.arange(3).sum())"
    command = ["docker", "run", "--rm", "--read-only", "--entrypoint", "python", build(package), "-c", program]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == "3"
