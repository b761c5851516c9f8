"""Lambda proxy integration, payload format 1.0: HTTP request -> event, result -> HTTP response."""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from finq_local.gateway.contract import Match
from finq_local.gateway.http import multi_value, request_time, source_ip
from finq_local.gateway.invocation import trace_header

STAGE = "prod"
API_ID = "finq-local"
HOP_BY_HOP = frozenset({"content-length", "transfer-encoding", "connection"})

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

HeaderValue = str | bool | int | float


class MalformedResponse(Exception):
    """A function returned something that is not a proxy response."""


class ProxyResult(BaseModel):
    """What a function returns."""

    model_config = ConfigDict(populate_by_name=True)

    status: int = Field(alias="statusCode", ge=100, le=599)
    headers: dict[str, HeaderValue] | None = None
    multi_value_headers: dict[str, list[HeaderValue]] | None = Field(None, alias="multiValueHeaders")
    body: str | None = None
    encoded: bool = Field(False, alias="isBase64Encoded")


def proxy_event(
    request: Request,
    match: Match,
    *,
    body: bytes,
    encode: bool,
    claims: Mapping[str, str] | None,
    request_id: str,
    account_id: str,
) -> dict[str, Any]:
    """The event for a matched request.

    Args:
        encode: whether the body is binary and so goes as base64.
        claims: of the caller's token; None where the operation is public.
    """
    now = datetime.now(UTC)
    host = request.headers.get("host", "localhost")
    headers = multi_value(request.headers)
    for name, value in (
        ("X-Amzn-Trace-Id", trace_header(request.headers.get("x-amzn-trace-id"))),
        ("X-Forwarded-For", source_ip(request)),
        ("X-Forwarded-Port", str(request.url.port or 80)),
        ("X-Forwarded-Proto", request.url.scheme),
    ):
        headers.setdefault(name, [value])
    query = {name: request.query_params.getlist(name) for name in request.query_params}
    context: dict[str, Any] = {
        "accountId": account_id,
        "apiId": API_ID,
        "domainName": host.partition(":")[0],
        "domainPrefix": host.partition(".")[0],
        "extendedRequestId": request_id,
        "httpMethod": request.method,
        "identity": {"sourceIp": source_ip(request), "userAgent": request.headers.get("user-agent")},
        "path": request.url.path,
        "protocol": f"HTTP/{request.scope['http_version']}",
        "requestId": request_id,
        "requestTime": request_time(now),
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourceId": match.operation.resource_id,
        "resourcePath": match.operation.resource,
        "stage": STAGE,
    }
    if claims is not None:
        context["authorizer"] = {"claims": dict(claims)}
    text = base64.b64encode(body).decode() if encode else body.decode("utf-8", "replace")
    return {
        "resource": match.operation.resource,
        "path": request.url.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.parameters or None,
        "stageVariables": None,
        "requestContext": context,
        "body": text or None,
        "isBase64Encoded": encode and bool(body),
    }


def proxy_response(payload: bytes, *, decode: bool) -> Response:
    """The HTTP response that a function's result stands for.

    Args:
        decode: whether a base64 body is turned into bytes (the client accepts a binary type).

    Raises:
        MalformedResponse: it stands for none.
    """
    try:
        result = ProxyResult.model_validate_json(payload)
    except ValidationError as error:
        places = sorted({".".join(map(str, problem["loc"])) or "result" for problem in error.errors()})
        raise MalformedResponse(f"not a proxy response: {', '.join(places)}") from None
    content = (result.body or "").encode()
    if result.encoded and decode:
        try:
            content = base64.b64decode(content, validate=True)
        except ValueError:
            raise MalformedResponse("body is not base64") from None
    headers = MutableHeaders()
    for name, values in (result.multi_value_headers or {}).items():
        for value in values:
            headers.append(*_header(name, value))
    for name, value in (result.headers or {}).items():
        checked, text = _header(name, value)
        if text not in headers.getlist(checked):
            headers.append(checked, text)
    headers.setdefault("content-type", "application/json")
    response = Response(content, result.status)
    for name, text in headers.items():
        if name not in HOP_BY_HOP:
            response.headers.append(name, text)
    return response


def _header(name: str, value: HeaderValue) -> tuple[str, str]:
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(text):
        raise MalformedResponse("a header that HTTP cannot carry")
    return name, text
