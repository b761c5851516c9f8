"""REST API: routed by the contract alone, with the Cognito authorizer, the request validator, CORS and throttling."""

import asyncio
import json
import logging
import uuid

from starlette.requests import Request
from starlette.responses import Response

from finq.errors import Unauthorized
from finq_local.gateway.authorizer import AuthorizerUnavailable, CognitoAuthorizer
from finq_local.gateway.contract import Contract, Match, Operation
from finq_local.gateway.gateway_responses import GatewayResponses
from finq_local.gateway.http import BodyTooLarge, read_body
from finq_local.gateway.invocation import Throttled
from finq_local.gateway.proxy import MalformedResponse, proxy_event, proxy_response
from finq_local.gateway.response_cache import ResponseCache
from finq_local.gateway.service import LambdaService
from finq_local.gateway.throttle import TokenBucket

logger = logging.getLogger(__name__)

CORS_HEADERS = "Authorization,Content-Type"
CACHED_TAG = "policies"
INTERNAL = "Internal server error"


class Refused(Exception):
    """The gateway answers by itself, with a gateway response of this type."""

    def __init__(self, response_type: str, message: str, validation: str = "") -> None:
        super().__init__(message)
        self.response_type = response_type
        self.message = message
        self.validation = validation


class RestApi:
    """Everything under /api."""

    def __init__(self, contract: Contract, service: LambdaService, authorizer: CognitoAuthorizer) -> None:
        self._contract = contract
        self._service = service
        self._authorizer = authorizer
        self._responses = GatewayResponses(contract.gateway_responses)
        self._bucket = TokenBucket(service.limits.rest_rate, service.limits.rest_burst)
        self._cache = ResponseCache(service.settings.policy_cache_seconds)
        self._origin = service.settings.web_origin

    async def handle(self, request: Request) -> Response:
        """One request."""
        request_id = str(uuid.uuid4())
        try:
            response = await self._serve(request, request_id)
        except Refused as refused:
            response = self._responses.build(
                refused.response_type, request_id, message=refused.message, validation=refused.validation
            )
            response.headers.setdefault("Access-Control-Allow-Origin", self._origin)
        response.headers["x-amzn-RequestId"] = request_id
        return response

    async def _serve(self, request: Request, request_id: str) -> Response:
        if not self._bucket.take():
            raise Refused("THROTTLED", "Too Many Requests")
        path = request.scope["raw_path"].decode("latin-1")
        if request.method == "OPTIONS" and (methods := self._contract.methods(path)):
            return self._preflight(methods)
        match = self._contract.match(request.method, path)
        if match is None:
            raise Refused("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
        claims = await self._authorize(request) if match.operation.authorized else None
        body = await self._read(request, match.operation)
        if not self._cache.enabled or request.method != "GET" or match.operation.tag != CACHED_TAG:
            return await self._integrate(request, match, body, claims, request_id)
        key = (claims["sub"] if claims else "", str(request.url))
        if cached := self._cache.get(key):
            return cached
        response = await self._integrate(request, match, body, claims, request_id)
        if response.status_code == 200:
            self._cache.put(key, response)
        return response

    async def _authorize(self, request: Request) -> dict[str, str]:
        try:
            return await self._authorizer.claims(request.headers.get("authorization", ""))
        except Unauthorized:
            raise Refused("UNAUTHORIZED", "Unauthorized") from None
        except AuthorizerUnavailable as error:
            logger.error("authorizer: %s", error)
            raise Refused("AUTHORIZER_CONFIGURATION_ERROR", INTERNAL) from None

    async def _read(self, request: Request, operation: Operation) -> bytes:
        """The body, if the size limit and the contract's validator let the request pass."""
        limit = self._service.limits.rest_body
        try:
            body = await read_body(request, limit)
        except BodyTooLarge:
            raise Refused("REQUEST_TOO_LARGE", f"HTTP content length exceeded {limit} bytes.") from None
        if missing := operation.missing_parameters(request.query_params, request.headers):
            message = f"Missing required request parameters: [{', '.join(missing)}]"
            raise Refused("BAD_REQUEST_PARAMETERS", message, message)
        if problem := _body_problem(operation, request, body):
            raise Refused("BAD_REQUEST_BODY", "Invalid request body", problem)
        return body

    async def _integrate(
        self, request: Request, match: Match, body: bytes, claims: dict[str, str] | None, request_id: str
    ) -> Response:
        name = self._service.functions.serving_tag(match.operation.tag)
        if name is None:
            raise LookupError(f"no function serves the tag {match.operation.tag}")
        event = proxy_event(
            request,
            match,
            body=body,
            encode=self._binary(request.headers.get("content-type", "")),
            claims=claims,
            request_id=request_id,
            account_id=self._service.settings.account_id,
        )
        try:
            async with asyncio.timeout(self._service.limits.rest_timeout):
                outcome = await self._service.invoke(name, event, trace_id=event["headers"]["X-Amzn-Trace-Id"])
            if outcome.function_error is not None:
                raise MalformedResponse("the function failed")
            return proxy_response(outcome.payload, decode=self._binary(request.headers.get("accept", "")))
        except BodyTooLarge:
            raise Refused("REQUEST_TOO_LARGE", "Request Too Long") from None
        except TimeoutError:
            raise Refused("INTEGRATION_TIMEOUT", "Endpoint request timed out") from None
        except Throttled:
            logger.warning("%s: every process is busy", name)
            raise Refused("API_CONFIGURATION_ERROR", INTERNAL) from None
        except MalformedResponse as error:
            logger.error("%s %s -> %s: %s", request.method, match.operation.resource, name, error)
            raise Refused("API_CONFIGURATION_ERROR", INTERNAL) from None

    def _binary(self, media_types: str) -> bool:
        """Whether the first of the named media types is one of the contract's binary ones."""
        first = media_types.partition(",")[0].partition(";")[0].strip().lower()
        return "*/*" in self._contract.binary_types or first in self._contract.binary_types

    def _preflight(self, methods: list[str]) -> Response:
        headers = {
            "Access-Control-Allow-Origin": self._origin,
            "Access-Control-Allow-Methods": ",".join([*methods, "OPTIONS"]),
            "Access-Control-Allow-Headers": CORS_HEADERS,
            "Access-Control-Max-Age": "600",
        }
        return Response(status_code=204, headers=headers)


def _body_problem(operation: Operation, request: Request, body: bytes) -> str:
    """What API Gateway's validator finds wrong with the body; empty if nothing."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if operation.body is None or media_type != "application/json":  # other types have no model and pass
        return ""
    try:
        errors = sorted(operation.body.iter_errors(json.loads(body)), key=lambda error: str(error.json_path))
    except ValueError:
        return "[Invalid JSON]"
    # Names of fields and rules only: a message of jsonschema's would repeat what the user sent.
    places = [f"{'/'.join(map(str, error.absolute_path)) or 'body'}: {error.validator}" for error in errors]
    return f"[{', '.join(places)}]" if places else ""
