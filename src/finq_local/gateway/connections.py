"""Open WebSocket connections, and the `@connections` API that functions push through."""

import asyncio
import base64
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from finq_local.gateway.http import BodyTooLarge, aws_error, read_body
from finq_local.gateway.service import LambdaService
from finq_local.gateway.sigv4 import SignatureError, verify_signature


class Gone(Exception):
    """The connection is closed."""


def new_connection_id() -> str:
    """Sixteen characters ending in `=`, as API Gateway's."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


@dataclass(eq=False)
class Connection:
    """One accepted WebSocket."""

    socket: WebSocket
    source_ip: str
    user_agent: str
    host: str
    connection_id: str = field(default_factory=new_connection_id)
    connected_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    last_active: datetime = field(default_factory=lambda: datetime.now(UTC))
    closed: bool = False
    reading: asyncio.Timeout | None = None  # set while the connection waits for a frame

    async def send(self, text: str, seconds: float) -> None:
        """Send one text message, within so many seconds.

        Raises:
            Gone: the connection is closed, or the client does not read.
        """
        if self.closed:
            raise Gone
        self.last_active = datetime.now(UTC)
        try:
            async with asyncio.timeout(seconds):
                await self.socket.send_text(text)
        except (TimeoutError, WebSocketDisconnect, RuntimeError) as error:  # RuntimeError: its close is under way
            self.closed = True
            if self.reading is not None:  # wake the reader, which then ends the connection
                self.reading.reschedule(asyncio.get_running_loop().time())
            raise Gone from error

    async def close(self, code: int, reason: str) -> None:
        """Close it from this side."""
        if self.closed:
            return
        self.closed = True
        try:
            await self.socket.close(code, reason)
        except (WebSocketDisconnect, RuntimeError):
            return  # the client was faster


class ConnectionsApi:
    """Handlers of `/{stage}/@connections/{connection_id}`."""

    def __init__(self, service: LambdaService) -> None:
        self.open: dict[str, Connection] = {}
        self._service = service

    async def handle(self, request: Request) -> Response:
        """PostToConnection, GetConnection or DeleteConnection."""
        try:
            body = await read_body(request, self._service.limits.websocket_message)
        except BodyTooLarge:
            return aws_error(413, "PayloadTooLargeException", "Message too long")
        try:
            verify_signature(request, body, "execute-api", self._service.settings)
        except SignatureError as error:
            return aws_error(403, "ForbiddenException", str(error))
        connection = self.open.get(request.path_params["connection_id"])
        try:
            if connection is None or connection.closed:
                raise Gone
            if request.method == "POST":
                await connection.send(body.decode("utf-8", "replace"), self._service.limits.websocket_send)
                return Response(status_code=200)
        except Gone:
            return aws_error(410, "GoneException", "Gone")
        if request.method == "DELETE":
            await connection.close(1000, "Connection closed normally")
            return Response(status_code=204)
        return JSONResponse(
            {
                "connectedAt": _iso(connection.connected_at),
                "identity": {"sourceIp": connection.source_ip, "userAgent": connection.user_agent},
                "lastActiveAt": _iso(connection.last_active),
            }
        )


def gateway_message(message: str, connection_id: str, request_id: str) -> str:
    """What the WebSocket API itself says to a client."""
    return json.dumps({"message": message, "connectionId": connection_id, "requestId": request_id})


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
