"""WebSocket surface and `@connections`, with a browser-like client and boto3."""

import asyncio
import json
import uuid

import pytest
from botocore.exceptions import ClientError
from gateway_harness import Running, wait_until
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

TOKEN = "secret-token-that-no-log-may-hold"
KB = 1024


def open_socket(gateway: Running, *, token=TOKEN, query="", **options):
    url = gateway.url.replace("http", "ws") + "/ws" + query
    protocols = ["finq.v1", f"bearer.{token}"] if token else None
    return connect(url, subprotocols=protocols, compression=None, **options)


async def seen(gateway: Running, name, condition, seconds=20):
    """The first event of the function that fulfils the condition."""

    def found():
        return next((entry["event"] for entry in gateway.seen(name) if condition(entry["event"])), None)

    return await asyncio.to_thread(wait_until, found, seconds)


def of(connection_id):
    return lambda event: event["requestContext"]["connectionId"] == connection_id


async def connection_id(gateway: Running, socket):
    """Send something and learn the connection's id from the event."""
    marker = uuid.uuid4().hex
    await socket.send(marker)
    event = await seen(gateway, "message", lambda event: event["body"] == marker)
    return event["requestContext"]["connectionId"]


def management(gateway: Running):
    return gateway.client("apigatewaymanagementapi", endpoint_url=f"{gateway.url}/ws-management")


async def call(method, **arguments):
    return await asyncio.to_thread(lambda: method(**arguments))


async def test_handshake_echoes_the_subprotocol_alone(gateway: Running):
    async with open_socket(gateway, user_agent_header="tester") as socket:
        assert socket.subprotocol == "finq.v1"
        event = await seen(gateway, "connect", of(await connection_id(gateway, socket)))
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$connect", "CONNECT")
    assert context["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "tester"}
    assert context["connectionId"].endswith("=")
    assert {"requestId", "domainName", "stage", "apiId", "connectedAt", "requestTimeEpoch"} < set(context)
    assert event["headers"]["Sec-WebSocket-Protocol"] == f"finq.v1, bearer.{TOKEN}"
    assert event["multiValueHeaders"]["User-Agent"] == ["tester"]
    assert "queryStringParameters" not in event


async def test_token_in_the_query(gateway: Running):
    async with open_socket(gateway, token=None, query=f"?token={TOKEN}&a=1") as socket:
        assert socket.subprotocol is None
        event = await seen(gateway, "connect", of(await connection_id(gateway, socket)))
    assert event["queryStringParameters"] == {"token": TOKEN, "a": "1"}
    assert event["multiValueQueryStringParameters"] == {"token": [TOKEN], "a": ["1"]}


@pytest.mark.parametrize(("token", "status"), [("unknown", 401), ("forbidden", 403), ("crash", 502)])
async def test_refusals_come_before_the_upgrade(gateway: Running, token, status):
    with pytest.raises(InvalidStatus) as caught:
        await open_socket(gateway, token=token).__aenter__()
    assert caught.value.response.status_code == status
    assert json.loads(caught.value.response.body)["connectionId"].endswith("=")


async def test_message_event(gateway: Running):
    text = json.dumps({"type": "ping", "marker": uuid.uuid4().hex, "text": "가"}, ensure_ascii=False)
    async with open_socket(gateway) as socket:
        await socket.send(text)
        event = await seen(gateway, "message", lambda event: event["body"] == text)
    assert event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$default", "MESSAGE")
    assert context["messageId"]


async def test_messages_start_in_order(gateway: Running):
    marker = uuid.uuid4().hex
    async with open_socket(gateway) as socket:
        for number in range(10):
            await socket.send(f"{marker}-{number}")
        await seen(gateway, "message", lambda event: event["body"] == f"{marker}-9")
    starts = [
        (event["requestContext"]["requestTimeEpoch"], event["body"])
        for event in (entry["event"] for entry in gateway.seen("message"))
        if event["body"].startswith(marker)
    ]
    assert [body for _, body in sorted(starts, key=lambda start: start[0])] == [f"{marker}-{n}" for n in range(10)]


async def test_a_failing_integration_is_told_to_the_client(gateway: Running):
    async with open_socket(gateway) as socket:
        await socket.send("raise")
        told = json.loads(await asyncio.wait_for(socket.recv(), 20))
        assert told["message"] == "Internal server error"
        assert set(told) == {"message", "connectionId", "requestId"}
        await socket.send("still open")


async def test_a_slow_integration_is_told_to_the_client(gateway_with):
    gateway = await asyncio.to_thread(gateway_with, {"websocket_timeout": 3.0})
    async with open_socket(gateway) as socket:
        await socket.send("sleep")
        told = json.loads(await asyncio.wait_for(socket.recv(), 20))
        assert told["message"] == "Endpoint request timed out"


async def test_disconnect_event(gateway: Running):
    async with open_socket(gateway) as socket:
        identity = await connection_id(gateway, socket)
        await socket.close(4001, "done")
    event = await seen(gateway, "disconnect", of(identity))
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$disconnect", "DISCONNECT")
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (4001, "done")


async def test_a_cut_connection_is_disconnected_as_abnormal(gateway: Running):
    async with open_socket(gateway) as socket:
        identity = await connection_id(gateway, socket)
        socket.transport.abort()
    event = await seen(gateway, "disconnect", of(identity))
    assert event["requestContext"]["disconnectStatusCode"] == 1006


async def close_code(socket):
    with pytest.raises(ConnectionClosed) as caught:
        async with asyncio.timeout(20):
            while True:
                await socket.recv()
    return caught.value.rcvd.code


async def test_a_message_within_the_limits_passes(gateway: Running):
    async with open_socket(gateway) as socket:
        fragments = ["x" * (32 * KB)] * 4
        await socket.send(fragments)
        await seen(gateway, "message", lambda event: event["body"] == "".join(fragments))


async def test_frames_over_32_kb_close_with_1009(gateway: Running):
    async with open_socket(gateway) as socket:
        await socket.send("x" * (32 * KB + 1))
        assert await close_code(socket) == 1009


async def test_messages_over_128_kb_close_with_1009(gateway: Running):
    async with open_socket(gateway) as socket:
        await socket.send(["x" * (32 * KB)] * 4 + ["x"])
        assert await close_code(socket) == 1009


async def test_binary_frames_close_with_1003(gateway: Running):
    async with open_socket(gateway) as socket:
        await socket.send(b"binary")
        assert await close_code(socket) == 1003


async def test_functions_push_look_and_close(gateway: Running):
    client = management(gateway)
    async with open_socket(gateway) as socket:
        identity = await connection_id(gateway, socket)
        await call(client.post_to_connection, ConnectionId=identity, Data="가나다".encode())
        assert await socket.recv() == "가나다"
        details = await call(client.get_connection, ConnectionId=identity)
        assert details["Identity"]["SourceIp"] == "127.0.0.1"
        assert details["ConnectedAt"] <= details["LastActiveAt"]
        await call(client.delete_connection, ConnectionId=identity)
        assert await close_code(socket) == 1000
    with pytest.raises(client.exceptions.GoneException):
        await call(client.post_to_connection, ConnectionId=identity, Data=b"x")
    with pytest.raises(client.exceptions.GoneException):
        await call(client.get_connection, ConnectionId=identity)


async def test_a_client_that_left_is_gone_at_once(gateway: Running):
    client = management(gateway)
    async with open_socket(gateway) as socket:
        identity = await connection_id(gateway, socket)
    await seen(gateway, "disconnect", of(identity))
    with pytest.raises(client.exceptions.GoneException) as caught:
        await call(client.post_to_connection, ConnectionId=identity, Data=b"x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


async def test_pushes_over_128_kb_are_refused(gateway: Running):
    client = management(gateway)
    async with open_socket(gateway) as socket:
        identity = await connection_id(gateway, socket)
        await call(client.post_to_connection, ConnectionId=identity, Data=b"x" * (128 * KB))
        assert len(await socket.recv()) == 128 * KB
        with pytest.raises(client.exceptions.PayloadTooLargeException):
            await call(client.post_to_connection, ConnectionId=identity, Data=b"x" * (128 * KB + 1))


async def test_only_the_local_credentials_may_push(gateway: Running):
    endpoint = f"{gateway.url}/ws-management"
    stranger = gateway.client("apigatewaymanagementapi", endpoint_url=endpoint, aws_secret_access_key="other")
    with pytest.raises(ClientError) as caught:
        await call(stranger.post_to_connection, ConnectionId="x=", Data=b"x")
    assert caught.value.response["Error"]["Code"] == "ForbiddenException"


async def test_idle_connections_are_closed_and_pushes_count_as_activity(gateway_with):
    gateway = await asyncio.to_thread(gateway_with, {"websocket_idle": 2.0})
    client = management(gateway)
    async with open_socket(gateway) as socket:
        identity = await connection_id(gateway, socket)
        loop = asyncio.get_running_loop()
        started = loop.time()
        while loop.time() - started < 2.5:
            await call(client.post_to_connection, ConnectionId=identity, Data=b"x")
            assert await socket.recv() == "x"
        assert await close_code(socket) == 1001
        assert loop.time() - started > 4
    event = await seen(gateway, "disconnect", of(identity))
    assert event["requestContext"]["disconnectStatusCode"] == 1001


async def test_connections_end_after_their_lifetime(gateway_with):
    gateway = await asyncio.to_thread(gateway_with, {"websocket_lifetime": 0.5})
    async with open_socket(gateway) as socket:
        assert await close_code(socket) == 1001


async def test_a_client_that_reads_nothing_is_dropped(gateway_with):
    gateway = await asyncio.to_thread(gateway_with, {"websocket_send": 0.2})
    client = management(gateway)
    async with open_socket(gateway, max_queue=1) as socket:
        identity = await connection_id(gateway, socket)
        with pytest.raises(client.exceptions.GoneException):
            for _ in range(1000):
                await call(client.post_to_connection, ConnectionId=identity, Data=b"x" * (128 * KB))
        event = await seen(gateway, "disconnect", of(identity))
        assert event["requestContext"]["disconnectStatusCode"] == 1006
        socket.transport.abort()


async def test_a_client_that_leaves_during_the_handshake_is_disconnected(gateway: Running, caplog):
    agent = uuid.uuid4().hex
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port)
    writer.write(
        b"GET /ws?token=slow HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"User-Agent: " + agent.encode() + b"\r\n\r\n"
    )
    await writer.drain()
    await seen(gateway, "connect", lambda event: event["headers"].get("User-Agent") == agent)
    writer.transport.abort()
    event = await seen(gateway, "disconnect", lambda event: event["requestContext"]["identity"]["userAgent"] == agent)
    assert event["requestContext"]["disconnectStatusCode"] == 1006
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_no_token_reaches_a_log(gateway: Running, caplog):
    caplog.set_level("DEBUG")
    async with open_socket(gateway, query=f"?token={TOKEN}") as socket:
        await connection_id(gateway, socket)
    with pytest.raises(InvalidStatus):
        await open_socket(gateway, token=None, query="?token=unknown").__aenter__()
    with gateway.http() as http:
        http.get(f"/api/me?token={TOKEN}", headers={"Authorization": TOKEN})
    clients = ("websockets.client", "httpx", "httpcore")
    ours = [record for record in caplog.records if not record.name.startswith(clients)]
    assert any(record.name == "finq_local.gateway.access" for record in ours)
    assert not [record for record in ours if TOKEN in record.getMessage()]
    assert not [record for record in ours if record.levelname == "ERROR"]
    logs = [path.read_text() for path in (gateway.settings.home / "logs").iterdir()]
    assert logs
    assert not [log for log in logs if TOKEN in log]
