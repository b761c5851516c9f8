"""The Lambda API as SDKs call it: Invoke, GetFunction, GetFunctionConfiguration, ListFunctions."""

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from finq_local.functions import FunctionSpec
from finq_local.gateway.http import BodyTooLarge, aws_error, read_body
from finq_local.gateway.invocation import Throttled
from finq_local.gateway.service import LambdaService
from finq_local.gateway.sigv4 import SignatureError, verify_signature

# A name, a partial ARN (account:function:name) or an ARN, each with or without a qualifier.
REFERENCE = re.compile(
    r"^(?:arn:aws:lambda:[a-z0-9-]+:)?(?:\d{12}:)?(?:function:)?(?P<name>[A-Za-z0-9-_]{1,64})(?::(?P<qualifier>[\w$-]+))?$"
)


class Refused(Exception):
    """An error reply of the Lambda API."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type


class InvokeApi:
    """Handlers of /2015-03-31/functions."""

    def __init__(self, service: LambdaService) -> None:
        self._service = service
        self._started = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")

    async def invoke(self, request: Request) -> Response:
        """Invoke."""
        kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
        limits = self._service.limits
        limit = limits.invoke_async_payload if kind == "Event" else limits.invoke_payload
        try:
            payload = await read_body(request, limit)
            name = self._authorized_name(request, payload)
            payload = payload or b"{}"
            json.loads(payload)
            client_context = _client_context(request)
        except BodyTooLarge:
            message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
            return aws_error(413, "RequestTooLargeException", message)
        except ValueError:
            message = "Could not parse request body into json: Could not parse payload into json"
            return aws_error(400, "InvalidRequestContentException", message)
        except Refused as refused:
            return aws_error(refused.status, refused.error_type, str(refused))
        if kind == "DryRun":
            return Response(status_code=204)
        trace_id = request.headers.get("x-amzn-trace-id")
        if kind == "Event":
            request_id = self._service.send_event(name, payload, trace_id=trace_id)
            return Response(status_code=202, headers={"x-amzn-RequestId": request_id})
        return await self._call(request, name, payload, trace_id, client_context)

    async def get(self, request: Request) -> Response:
        """GetFunction and GetFunctionConfiguration."""
        try:
            name = self._authorized_name(request, b"")
        except Refused as refused:
            return aws_error(refused.status, refused.error_type, str(refused))
        configuration = self._configuration(self._service.functions[name])
        if request.url.path.endswith("/configuration"):
            return JSONResponse(configuration)
        code = {"RepositoryType": "S3", "Location": self._service.settings.task_root.resolve().as_uri()}
        return JSONResponse({"Configuration": configuration, "Code": code})

    async def list(self, request: Request) -> Response:
        """ListFunctions."""
        try:
            self._authorize(request, b"")
        except Refused as refused:
            return aws_error(refused.status, refused.error_type, str(refused))
        specs = self._service.functions.functions.values()
        return JSONResponse({"Functions": [self._configuration(spec) for spec in specs], "NextMarker": None})

    async def _call(
        self, request: Request, name: str, payload: bytes, trace_id: str | None, client_context: str | None
    ) -> Response:
        pool = self._service.pools[name]
        invocation = pool.submit(payload, trace_id=trace_id, client_context=client_context)
        try:
            outcome = await pool.result(invocation, wait=self._service.limits.queue)
        except Throttled:
            return aws_error(429, "TooManyRequestsException", "Rate Exceeded.")
        headers = {
            "Content-Type": "application/json",
            "x-amzn-RequestId": invocation.request_id,
            "X-Amz-Executed-Version": "$LATEST",
        }
        if outcome.function_error is not None:
            headers["X-Amz-Function-Error"] = outcome.function_error
        if request.headers.get("x-amz-log-type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(outcome.tail).decode()
        return Response(outcome.payload, 200, headers)

    def _authorize(self, request: Request, body: bytes) -> None:
        try:
            verify_signature(request, body, "lambda", self._service.settings)
        except SignatureError as error:
            raise Refused(403, "AccessDeniedException", str(error)) from None

    def _authorized_name(self, request: Request, body: bytes) -> str:
        """Name of the function that the request is about and may be."""
        self._authorize(request, body)
        reference = request.path_params["name"]
        match = REFERENCE.match(reference)
        qualifier = request.query_params.get("Qualifier") or (match and match["qualifier"]) or "$LATEST"
        # There is one version here, and every alias means it; numbered versions do not exist.
        if match is None or match["name"] not in self._service.functions.functions or qualifier.isdigit():
            name = reference.rpartition(":function:")[2]
            raise Refused(404, "ResourceNotFoundException", f"Function not found: {self._service.arn(name)}")
        return match["name"]

    def _configuration(self, spec: FunctionSpec) -> dict[str, Any]:
        configuration: dict[str, Any] = {
            "FunctionName": spec.name,
            "FunctionArn": self._service.arn(spec.name),
            "Role": f"arn:aws:iam::{self._service.settings.account_id}:role/{spec.role}",
            "CodeSize": 0,
            "Description": spec.description,
            "Timeout": spec.timeout,
            "MemorySize": spec.memory,
            "LastModified": self._started,
            "Version": "$LATEST",
            "PackageType": "Zip" if spec.package == "zip" else "Image",
            "State": "Active",
            "LastUpdateStatus": "Successful",
        }
        if spec.package == "zip":
            configuration |= {"Runtime": "python3.12", "Handler": spec.handler}
        return configuration


def _client_context(request: Request) -> str | None:
    encoded = request.headers.get("x-amz-client-context")
    if encoded is None:
        return None
    try:
        return json.dumps(json.loads(base64.b64decode(encoded, validate=True)))
    except binascii.Error as error:
        raise ValueError("client context is not base64") from error
