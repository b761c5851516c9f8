"""Replies that API Gateway makes by itself, from the contract's `x-amazon-apigateway-gateway-responses`."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

# Response types that occur here, with API Gateway's status codes.
STATUS = {
    "UNAUTHORIZED": 401,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "BAD_REQUEST_PARAMETERS": 400,
    "BAD_REQUEST_BODY": 400,
    "REQUEST_TOO_LARGE": 413,
    "THROTTLED": 429,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "API_CONFIGURATION_ERROR": 502,  # the function failed, or its result is no proxy response
    "INTEGRATION_TIMEOUT": 504,
}
HEADER = "gatewayresponse.header."
DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'


class GatewayResponses:
    """Builds them; a type without an entry of its own falls back to DEFAULT_4XX or DEFAULT_5XX."""

    def __init__(self, configured: Mapping[str, Any]) -> None:
        self._configured = configured

    def build(self, response_type: str, request_id: str, *, message: str, validation: str = "") -> Response:
        """The reply.

        Args:
            message: API Gateway's own English message, for templates that use `$context.error.message`.
            validation: what the request validator found (`$context.error.validationErrorString`).
        """
        status = STATUS[response_type]
        default = self._configured.get("DEFAULT_4XX" if status < 500 else "DEFAULT_5XX", {})
        entry = self._configured.get(response_type, default)
        template = entry.get("responseTemplates", {}).get("application/json", DEFAULT_TEMPLATE)
        # The longer names first: they begin with the shorter ones.
        for name, value in (
            ("$context.requestId", request_id),
            ("$context.error.messageString", json.dumps(message)),
            ("$context.error.message", message),
            ("$context.error.validationErrorString", json.dumps(validation)[1:-1]),
            ("$context.error.responseType", response_type),
        ):
            template = template.replace(name, value)
        headers = {
            name.removeprefix(HEADER): value.strip("'")
            for name, value in entry.get("responseParameters", {}).items()
            if name.startswith(HEADER) and value.startswith("'")
        }
        headers["x-amzn-RequestId"] = request_id
        return Response(template, entry.get("statusCode", status), headers, "application/json")
