"""WebSocket API: $connect before the handshake is answered, $default per message, $disconnect at the end.

Nothing here logs a query string or a header: they carry the caller's token.
"""

import asyncio
import json
import logging
import secrets
import uuid
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from finq_local.functions import RouteKey
from finq_local.gateway.connections import Connection, ConnectionsApi, Gone, gateway_message
from finq_local.gateway.http import multi_value, request_time, source_ip
from finq_local.gateway.invocation import Outcome, Throttled, trace_header
from finq_local.gateway.service import LambdaService

logger = logging.getLogger(__name__)

STAGE = "prod"
API_ID = "finq-local-ws"
EVENT_TYPE: dict[RouteKey, str] = {"$connect": "CONNECT", "$default": "MESSAGE", "$disconnect": "DISCONNECT"}
ABNORMAL = 1006
REASONS = {1000: "Client-side close frame status not set", ABNORMAL: "Connection Closed Abnormally"}


class IntegrationFailed(Exception):
    """The function failed, took too long, was busy, or returned no response object."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class WebSocketApi:
    """Serves /ws."""

    def __init__(self, service: LambdaService, connections: ConnectionsApi) -> None:
        self._service = service
        self._connections = connections
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, socket: WebSocket) -> None:
        """One WebSocket, from handshake to end."""
        await socket.receive()  # websocket.connect
        connection = Connection(
            socket=socket,
            source_ip=source_ip(socket),
            user_agent=socket.headers.get("user-agent", ""),
            host=socket.headers.get("host", "localhost"),
        )
        request_id = str(uuid.uuid4())
        try:
            answer = await self._connect(connection, request_id)
        except IntegrationFailed as error:
            body = gateway_message(error.message, connection.connection_id, request_id)
            await socket.send_denial_response(Response(body, error.status, media_type="application/json"))
            return
        code, reason = ABNORMAL, ""
        try:
            headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
            # Open before the handshake is answered: a client may speak, and be spoken to, from then on.
            self._connections.open[connection.connection_id] = connection
            await socket.accept(subprotocol=headers.get("sec-websocket-protocol"))
            code, reason = await self._serve(connection)
        except WebSocketDisconnect:
            pass  # it left during the handshake
        finally:
            connection.closed = True
            self._connections.open.pop(connection.connection_id, None)
            self._in_background(self._disconnect(connection, code, reason or REASONS.get(code, "")))

    async def drain(self, seconds: float) -> None:
        """Wait for running integrations, at most so long."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _connect(self, connection: Connection, request_id: str) -> dict[str, Any]:
        """Call $connect; its answer if that lets the client in.

        Raises:
            IntegrationFailed: with the HTTP status for the handshake.
        """
        event = _event(connection, "$connect", request_id)
        headers = multi_value(connection.socket.headers)
        headers["X-Forwarded-For"] = [connection.source_ip]
        query = {name: connection.socket.query_params.getlist(name) for name in connection.socket.query_params}
        event["headers"] = {name: values[-1] for name, values in headers.items()}
        event["multiValueHeaders"] = headers
        if query:
            event["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
            event["multiValueQueryStringParameters"] = query
        answer = await self._call("$connect", event)
        status = answer.get("statusCode")
        if not isinstance(status, int) or isinstance(status, bool):
            raise IntegrationFailed(502, "Internal server error")
        if not 200 <= status < 300:
            refused = status if 400 <= status < 600 else 500
            raise IntegrationFailed(refused, {401: "Unauthorized", 403: "Forbidden"}.get(refused, "Refused"))
        return answer

    async def _serve(self, connection: Connection) -> tuple[int, str]:
        """Read messages until the end; close code and reason."""
        limits = self._service.limits
        while True:
            now = datetime.now(UTC)
            idle = limits.websocket_idle - (now - connection.last_active).total_seconds()
            lifetime = limits.websocket_lifetime - (now - connection.connected_at).total_seconds()
            if min(idle, lifetime) <= 0:
                await connection.close(1001, "Going away")
                return 1001, "Going away"
            try:
                async with asyncio.timeout(min(idle, lifetime)) as connection.reading:
                    frame = await connection.socket.receive()
            except TimeoutError:
                if connection.closed:
                    return ABNORMAL, ""
                continue  # unless something was pushed in the meantime, the next round closes it
            if frame["type"] == "websocket.disconnect":
                code = frame.get("code", ABNORMAL)
                return (ABNORMAL, "") if code == 1005 and not frame.get("reason") else (code, frame.get("reason") or "")
            text = frame.get("text")
            if text is None:  # API Gateway takes text alone
                await connection.close(1003, "Binary frames are not supported")
                return 1003, "Binary frames are not supported"
            connection.last_active = datetime.now(UTC)
            self._in_background(self._message(connection, text))

    async def _message(self, connection: Connection, text: str) -> None:
        request_id = str(uuid.uuid4())
        event = _event(connection, "$default", request_id)
        event["requestContext"]["messageId"] = secrets.token_urlsafe(11) + "="
        event["body"] = text
        try:
            if self._service.functions.serving_route("$default") is None:
                raise IntegrationFailed(403, "Forbidden")
            await self._call("$default", event)
        except IntegrationFailed as error:
            logger.error("$default %s failed: %s", request_id, error.message)
            try:
                text = gateway_message(error.message, connection.connection_id, request_id)
                await connection.send(text, self._service.limits.websocket_send)
            except Gone:
                return

    async def _disconnect(self, connection: Connection, code: int, reason: str) -> None:
        """Tell the function, once and without a guarantee, as API Gateway does."""
        event = _event(connection, "$disconnect", str(uuid.uuid4()))
        event["headers"] = {"Host": connection.host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
        event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
        event["requestContext"] |= {"disconnectStatusCode": code, "disconnectReason": reason}
        try:
            await self._call("$disconnect", event)
        except IntegrationFailed as error:
            logger.warning("$disconnect of %s failed: %s", connection.connection_id, error.message)

    async def _call(self, route: RouteKey, event: dict[str, Any]) -> dict[str, Any]:
        """Run the route's function; its answer (an unserved route answers 200, a null answer is empty).

        Raises:
            IntegrationFailed: see there.
        """
        name = self._service.functions.serving_route(route)
        if name is None:
            return {"statusCode": 200}
        try:
            async with asyncio.timeout(self._service.limits.websocket_timeout):
                outcome: Outcome = await self._service.invoke(name, event, trace_id=trace_header())
        except TimeoutError:
            raise IntegrationFailed(504, "Endpoint request timed out") from None
        except Throttled:
            raise IntegrationFailed(429, "Too Many Requests") from None
        if outcome.function_error is not None:
            raise IntegrationFailed(502, "Internal server error")
        answer = json.loads(outcome.payload)
        return answer if isinstance(answer, dict) else {}

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        # Tasks start in the order they are made, so messages of a connection start in the order they came.
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _event(connection: Connection, route: RouteKey, request_id: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "requestContext": {
            "routeKey": route,
            "eventType": EVENT_TYPE[route],
            "extendedRequestId": request_id,
            "requestTime": request_time(now),
            "messageDirection": "IN",
            "stage": STAGE,
            "connectedAt": int(connection.connected_at.timestamp() * 1000),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "identity": {"sourceIp": connection.source_ip, "userAgent": connection.user_agent},
            "requestId": request_id,
            "domainName": connection.host.partition(":")[0],
            "connectionId": connection.connection_id,
            "apiId": API_ID,
        },
        "isBase64Encoded": False,
    }
