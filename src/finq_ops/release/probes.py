"""A harmless call of each function, so that a version that cannot start or reach its database never gets traffic."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Probe:
    """An event that changes nothing, and what a version in order answers to it."""

    event: dict[str, Any]
    in_order: Callable[[Any], bool]


def _rest(method: str, path: str, body: str | None = None) -> dict[str, Any]:
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {"requestId": "release-probe", "httpMethod": method, "resourcePath": path, "stage": "probe"},
        "body": body,
        "isBase64Encoded": False,
    }


def _socket(route: str) -> dict[str, Any]:
    context = {"routeKey": route, "eventType": route.strip("$").upper(), "connectionId": "cmVsZWFzZS1wcm9iZQ=="}
    return {"requestContext": context, "headers": {}, "queryStringParameters": None, "isBase64Encoded": False}


def _status(expected: int) -> Callable[[Any], bool]:
    return lambda answer: isinstance(answer, dict) and answer.get("statusCode") == expected


def _has(*fields: str) -> Callable[[Any], bool]:
    return lambda answer: isinstance(answer, dict) and all(field in answer for field in fields)


PROBES = {
    "finkurn-api": Probe(_rest("POST", "/api/auth/login", "{}"), _status(400)),
    "finkurn-backend-v4": Probe(_rest("GET", "/api/health"), _status(200)),
    "finkurn-chatbot": Probe({"answer_id": NOBODY, "attempt": 1}, _has("answer_id", "state")),
    "finkurn-ws-connect": Probe(_socket("$connect"), _status(401)),
    "finkurn-ws-message": Probe({**_socket("$default"), "body": '{"type": "ping"}'}, _status(200)),
    "finkurn-ws-disconnect": Probe(_socket("$disconnect"), _status(200)),
    "finkurn-load-policies": Probe({"action": "status"}, lambda answer: answer is None or isinstance(answer, dict)),
    "finkurn-check-pgvector": Probe({}, lambda answer: _has("extension")(answer) and answer["extension"]["safe"]),
}
# The migration is the first call of one; every event makes the other search the web.
UNPROBED = frozenset({"finkurn-install-pgvector", "finkurn-monitor-policies"})
