"""Function URLs with AWS_IAM: payload format 2.0."""

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from finq_local.gateway.http import BodyTooLarge, read_body, request_time, source_ip
from finq_local.gateway.invocation import Throttled, trace_header
from finq_local.gateway.service import LambdaService
from finq_local.gateway.sigv4 import SignatureError, verify_signature

TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")


class FunctionUrls:
    """Serves /function-urls/{name}/…"""

    def __init__(self, service: LambdaService) -> None:
        self._service = service

    async def handle(self, request: Request) -> Response:
        """One request to a function's URL."""
        name = request.path_params["name"]
        spec = self._service.functions.functions.get(name)
        if spec is None or spec.triggers.url is None:
            return JSONResponse({"Message": None}, 404)
        try:
            body = await read_body(request, self._service.limits.invoke_payload)
            verify_signature(request, body, "lambda", self._service.settings)
            event = self._event(request, body)
            outcome = await self._service.invoke(name, event, trace_id=event["headers"]["x-amzn-trace-id"])
        except BodyTooLarge:
            return JSONResponse({"Message": "Request Entity Too Large"}, 413)
        except SignatureError:
            return JSONResponse({"Message": "Forbidden"}, 403, {"x-amzn-ErrorType": "AccessDeniedException"})
        except Throttled:
            return JSONResponse({"Message": "Too Many Requests"}, 429)
        response = None if outcome.function_error else _response(outcome.payload)
        response = response or JSONResponse({"Message": "Internal Server Error"}, 502)
        response.headers["x-amzn-RequestId"] = event["requestContext"]["requestId"]
        return response

    def _event(self, request: Request, body: bytes) -> dict[str, Any]:
        now = datetime.now(UTC)
        prefix = f"/function-urls/{request.path_params['name']}"
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0].removeprefix(prefix) or "/"
        headers = {name: ",".join(request.headers.getlist(name)) for name in request.headers if name != "cookie"}
        headers["x-amzn-trace-id"] = trace_header(headers.get("x-amzn-trace-id"))
        cookies = [part.strip() for value in request.headers.getlist("cookie") for part in value.split(";")]
        query = {name: ",".join(request.query_params.getlist(name)) for name in request.query_params}
        media_type = headers.get("content-type", "")
        encoded = bool(body) and not media_type.startswith(TEXT_TYPES)
        settings = self._service.settings
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": request.url.query,
            "headers": headers,
            "requestContext": {
                "accountId": settings.account_id,
                "apiId": request.path_params["name"],
                "authentication": None,
                "authorizer": {
                    "iam": {
                        "accessKey": settings.access_key_id,
                        "accountId": settings.account_id,
                        "callerId": settings.access_key_id,
                        "cognitoIdentity": None,
                        "principalOrgId": None,
                        "userArn": f"arn:aws:iam::{settings.account_id}:root",
                        "userId": settings.account_id,
                    }
                },
                "domainName": headers["host"],
                "domainPrefix": request.path_params["name"],
                "http": {
                    "method": request.method,
                    "path": path,
                    "protocol": f"HTTP/{request.scope['http_version']}",
                    "sourceIp": source_ip(request),
                    "userAgent": headers.get("user-agent", ""),
                },
                "requestId": str(uuid.uuid4()),
                "routeKey": "$default",
                "stage": "$default",
                "time": request_time(now),
                "timeEpoch": int(now.timestamp() * 1000),
            },
            "isBase64Encoded": encoded,
        }
        if query:
            event["queryStringParameters"] = query
        if cookies:
            event["cookies"] = cookies
        if body:
            event["body"] = base64.b64encode(body).decode() if encoded else body.decode("utf-8", "replace")
        return event


def _response(payload: bytes) -> Response | None:
    """The HTTP response for a result: without a `statusCode` the result itself is the body. None: malformed."""
    result = json.loads(payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        body = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        return Response(body, 200, media_type="application/json")
    try:
        content = result.get("body", "")
        content = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        raw = base64.b64decode(content, validate=True) if result.get("isBase64Encoded") else content.encode()
        headers = {"content-type": "application/json"}
        headers |= {name.lower(): str(value) for name, value in (result.get("headers") or {}).items()}
        response = Response(raw, int(result["statusCode"]), headers)
    except (ValueError, TypeError, AttributeError):
        return None
    for cookie in result.get("cookies") or ():
        response.headers.append("set-cookie", cookie)
    return response
