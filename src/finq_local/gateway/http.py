"""What the HTTP surfaces share: bounded bodies, AWS's error replies, and headers as API Gateway passes them."""

import uuid
from datetime import UTC, datetime

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse


class BodyTooLarge(Exception):
    """A request body is longer than it may be."""


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, of at most `limit` bytes.

    Raises:
        BodyTooLarge: as soon as that is known.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge
    return bytes(body)


def aws_error(status: int, error_type: str, message: str) -> JSONResponse:
    """An error reply that AWS SDKs turn into the exception `error_type`."""
    headers = {"x-amzn-ErrorType": error_type, "x-amzn-RequestId": str(uuid.uuid4())}
    kind = "User" if status < 500 else "Service"
    return JSONResponse({"Type": kind, "Message": message, "message": message}, status, headers)


def source_ip(connection: HTTPConnection) -> str:
    """Address of the caller."""
    return connection.client.host if connection.client else "127.0.0.1"


def canonical_name(name: str) -> str:
    """A header's name in the case that API Gateway shows it: the server has put them all in lower case."""
    titled = "-".join(part.capitalize() for part in name.split("-"))
    return titled.replace("Sec-Websocket", "Sec-WebSocket")


def multi_value(headers: Headers) -> dict[str, list[str]]:
    """Every header with all its values, names as API Gateway shows them."""
    values: dict[str, list[str]] = {}
    for name, value in headers.items():
        values.setdefault(canonical_name(name), []).append(value)
    return values


def request_time(now: datetime) -> str:
    """`09/Apr/2026:12:34:56 +0000`, as in request contexts."""
    return f"{now.astimezone(UTC):%d/%b/%Y:%H:%M:%S +0000}"
