"""The WebSocket functions as Lambda calls them, with real tokens of the user pool."""

import importlib
import json
from dataclasses import dataclass
from uuid import uuid4

import pytest

from finq.chats.invoke import chatbot
from finq.chats.push import pusher

PASSWORD = "Haneul!2026"


@dataclass
class Context:
    """What Powertools reads of Lambda's context."""

    function_name: str = "finkurn-ws"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:ap-northeast-2:000000000000:function:finkurn-ws"
    aws_request_id: str = "1"


@pytest.fixture
def token(aws_environment):
    """An ID token of a confirmed user."""
    client_id, email = aws_environment.pool.client_id, f"{uuid4().hex}@example.com"
    cognito = aws_environment.client("cognito-idp")
    cognito.sign_up(ClientId=client_id, Username=email, Password=PASSWORD)
    cognito.confirm_sign_up(ClientId=client_id, Username=email, ConfirmationCode="123456")
    login = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
    )
    return login["AuthenticationResult"]["IdToken"]


@pytest.fixture
def connect(world, aws_environment, monkeypatch):
    module = importlib.import_module("finq.functions.ws_connect")
    monkeypatch.setattr(module, "database", world.database)
    module.verifier.cache_clear()

    def connect(headers=None, query=None, connection_id="c-1="):
        event = {
            "headers": headers,
            "queryStringParameters": query,
            "requestContext": {"routeKey": "$connect", "connectionId": connection_id},
        }
        return module.handler(event, Context())

    yield connect
    module.verifier.cache_clear()


def test_a_connection_is_recorded_and_forgotten(world, connect, token, monkeypatch):
    assert connect({"sec-websocket-protocol": f"finq.v1, bearer.{token}"}) == {
        "statusCode": 200,
        "headers": {"Sec-WebSocket-Protocol": "finq.v1"},
    }
    assert connect(query={"token": token}, connection_id="c-2=") == {"statusCode": 200, "headers": {}}
    assert world.row("SELECT count(*), count(DISTINCT user_id) AS users FROM connections") == {"count": 2, "users": 1}
    assert world.row("SELECT count(*) FROM users")["count"] == 1

    module = importlib.import_module("finq.functions.ws_disconnect")
    monkeypatch.setattr(module, "database", world.database)
    assert module.handler({"requestContext": {"connectionId": "c-1="}}, Context()) == {"statusCode": 200}
    assert world.row("SELECT id FROM connections") == {"id": "c-2="}


def test_a_bad_token_is_refused_and_leaves_no_trace(world, connect, token):
    assert connect({"Sec-WebSocket-Protocol": f"finq.v1, bearer.{token}x"})["statusCode"] == 401
    assert connect(query={"token": "a.b.c"})["statusCode"] == 401
    assert connect()["statusCode"] == 401
    assert world.row("SELECT count(*) FROM connections")["count"] == 0
    assert world.row("SELECT count(*) FROM users")["count"] == 0


def test_connections_that_must_be_closed_are_forgotten(world, connect, token):
    connect(query={"token": token}, connection_id="old=")
    world.execute("UPDATE connections SET connected_at = now() - interval '121 minutes'")
    connect(query={"token": token}, connection_id="new=")

    assert world.row("SELECT id FROM connections") == {"id": "new="}


@pytest.fixture
def ws_message(world, aws_environment, monkeypatch):
    monkeypatch.setenv("FINQ_WEBSOCKET_ENDPOINT", world.hub.endpoint)
    module = importlib.import_module("finq.functions.ws_message")
    monkeypatch.setattr(module, "socket", world.socket)
    yield module
    pusher.cache_clear()
    chatbot.cache_clear()


def test_frames_and_failure_records_reach_the_socket(world, ws_message):
    client = world.connect(world.user())
    message = json.dumps({"type": "message", "request_id": "r1", "text": "월세"})

    event = {"requestContext": {"routeKey": "$default", "connectionId": client}, "body": message}
    assert ws_message.handler(event, Context()) == {"statusCode": 200}
    assert ws_message.handler({"requestContext": {"connectionId": client}}, Context()) == {"statusCode": 200}
    [(_, run)] = world.hub.invoked
    record = {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": run.model_dump(mode="json")}
    assert ws_message.handler(record, Context()) == {"statusCode": 200}

    assert [(frame["type"], frame.get("code")) for frame in world.hub.frames(client)] == [
        ("ack", None),
        ("error", "INVALID_JSON"),
        ("error", "ANSWER_FAILED"),
    ]
