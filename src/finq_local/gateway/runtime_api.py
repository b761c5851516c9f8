"""Lambda Runtime API, version 2018-06-01, over a small HTTP server of its own.

`awslambdaric` knows its gateway as `host:port` and no more, so every worker process gets a port of its own
and is known by it. A general web server per process would cost more than what is needed here: four routes.
"""

import asyncio
import http
import json
import socket
from typing import Protocol, cast

import httptools

from finq_local.gateway.invocation import Invocation

PREFIX = "/2018-06-01/runtime"


class Session(Protocol):
    """The gateway's end of a port."""

    def next(self, connection: "RuntimeConnection") -> None:
        """The runtime waits for an invocation; answer with `connection.deliver`, now or later."""

    def respond(self, request_id: str, body: bytes | None) -> int:
        """The handler's result (None: longer than may be); the HTTP status to answer."""

    def fail(self, request_id: str, body: bytes) -> int:
        """The handler raised; `body` is Lambda's error object. The HTTP status to answer."""

    def init_failed(self, body: bytes) -> None:
        """The handler could not be imported."""

    def disconnected(self, connection: "RuntimeConnection") -> None:
        """The runtime closed the connection."""


KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 2}  # seconds, seconds, probes


def notice_silent_death(connection: socket.socket) -> None:
    """Let the kernel ask for a sign of life: a machine that is gone, unlike a process, closes no connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class RuntimeConnection(asyncio.Protocol):
    """One connection of a runtime, parsed by httptools. `max_response` in bytes."""

    def __init__(self, session: Session, *, max_response: int) -> None:
        self._session = session
        self._max_response = max_response
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body = bytearray()
        self._too_long = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: a runtime has connected."""
        self._transport = cast("asyncio.Transport", transport)
        notice_silent_death(transport.get_extra_info("socket"))

    @property
    def peer(self) -> str | None:
        """The other end, as `address:port`; None when it has gone."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return f"{name[0]}:{name[1]}" if name else None

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: it has gone."""
        self._transport = None
        self._session.disconnected(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes of a request."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    # Callbacks of httptools.

    def on_message_begin(self) -> None:
        self._url = b""
        self._body = bytearray()
        self._too_long = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"expect" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        if len(self._body) + len(body) > self._max_response:
            self._too_long = True
        else:
            self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        path = self._url.decode("latin-1")
        body = None if self._too_long else bytes(self._body)
        match method, path.removeprefix(PREFIX).strip("/").split("/"):
            case "GET", ["invocation", "next"]:
                self._session.next(self)
            case "POST", ["invocation", request_id, "response"]:
                self._answer(self._session.respond(request_id, body))
            case "POST", ["invocation", request_id, "error"]:
                self._answer(self._session.fail(request_id, body or b"{}"))
            case "POST", ["init", "error"]:
                self._session.init_failed(body or b"{}")
                self._answer(202)
            case _:
                self._answer(404)

    def deliver(self, invocation: Invocation) -> None:
        """Answer the waiting `next`."""
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        if invocation.client_context is not None:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        self._write(200, headers, invocation.payload)

    def _answer(self, status: int) -> None:
        body = {"status": "OK"} if status < 400 else {"errorType": "InvalidRequest", "errorMessage": "refused"}
        self._write(status, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def _write(self, status: int, headers: dict[str, str], body: bytes) -> None:
        if self._transport is None:
            return
        lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._transport.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
