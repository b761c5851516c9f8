"""REST: an API Gateway proxy event -> an operation of the contract -> JSON, with the one error shape.

A function serves an operation when it bears `@operation("operationId")`. Its parameters say what it needs:

    claims: Claims   the caller, verified by API Gateway's authorizer
    body: Model      the JSON body, read strictly
    query: Model     the query string; list fields take every value of a repeated name
    request_id: str  id of this request
    any other        the path parameter of that name

It returns a pydantic model (200), `(status, model)`, or None (204). Errors of `finq.errors` become their status.
"""

import base64
import inspect
import json
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, field_validator

from finq.errors import FinqError, InvalidInput, NotFound, TooLarge, Unauthorized
from finq.observability import logger
from finq.rest_messages import in_korean
from finq.settings import RestSettings, load

MAX_BODY_BYTES = 256 * 1024
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})

Function = TypeVar("Function", bound=Callable[..., Any])
Event = Mapping[str, Any]


class Query(BaseModel):
    """Base of query strings. Names that the contract does not have are ignored."""

    model_config = ConfigDict(frozen=True)

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        if isinstance(value, str) and "\x00" in value:
            raise ValueError("쓸 수 없는 글자가 있어요.")  # PostgreSQL stores no NUL
        return value


class Body(Query):
    """Base of JSON bodies. A name that the contract does not have is an error: a typo must not pass for success."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Endpoint:
    """A function with what its parameters ask for."""

    function: Callable[..., Any]
    parameters: Mapping[str, TypeAdapter[Any]]
    lists: frozenset[str]  # query parameters that may repeat


OPERATIONS: dict[str, Endpoint] = {}


def operation(operation_id: str) -> Callable[[Function], Function]:
    """Register the function that serves `operation_id` of the contract."""

    def register(function: Function) -> Function:
        if operation_id in OPERATIONS:
            raise ValueError(f"{operation_id} is served twice")
        hints = get_type_hints(function, include_extras=True)
        names = inspect.signature(function).parameters
        fields = getattr(hints.get("query"), "model_fields", {})
        OPERATIONS[operation_id] = Endpoint(
            function,
            {name: TypeAdapter(hints[name]) for name in names},
            frozenset(
                name for name, field in fields.items() if get_origin(field.annotation) in {list, tuple, frozenset}
            ),
        )
        return function

    return register


def contract_path() -> Path:
    """`api/openapi.yaml`: beside the package in a zip or image, two folders up in the repository."""
    here = Path(__file__).resolve()
    return next(path for path in (folder / "api" / "openapi.yaml" for folder in here.parents) if path.is_file())


@cache
def routes() -> dict[tuple[str, str], str]:
    """(method, resource path) -> operationId, from the contract."""
    with contract_path().open("rb") as file:
        paths = yaml.load(file, Loader=yaml.CSafeLoader)["paths"]  # the safe loader's C twin
    return {
        (method.upper(), path): spec["operationId"]
        for path, item in paths.items()
        for method, spec in item.items()
        if method in _METHODS
    }


def handler(event: Event, context: object) -> dict[str, Any]:
    """Lambda handler of every REST function (proxy integration)."""
    started = time.perf_counter()
    name = routes().get((event["httpMethod"], event["resource"]), "")
    request_id = event["requestContext"].get("requestId", "")
    try:
        status, body = _serve(name, event, request_id)
    except FinqError as error:
        status, body = error.status, _error(error, request_id)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets the one error shape
        # The stack without the exception's message, which may quote what people wrote.
        stack = traceback.format_tb(error.__traceback__)
        logger.error("operation failed", operation=name, request_id=request_id, error=type(error).__name__, stack=stack)
        status, body = FinqError.status, _error(FinqError(), request_id)
    logger.info(
        "request",
        operation=name,
        status=status,
        ms=round((time.perf_counter() - started) * 1000, 1),
        user_id=_claims(event).get("sub"),
        request_id=request_id,
    )
    return {"statusCode": status, "headers": _headers(), "body": body, "isBase64Encoded": False}


def _serve(name: str, event: Event, request_id: str) -> tuple[int, str]:
    endpoint = OPERATIONS.get(name)
    if endpoint is None:
        raise NotFound("없는 주소예요.")
    result = endpoint.function(
        **{key: _argument(key, adapter, endpoint, event, request_id) for key, adapter in endpoint.parameters.items()}
    )
    status, model = result if isinstance(result, tuple) else (200, result)
    return (204, "") if model is None else (status, model.model_dump_json())


def _argument(key: str, adapter: TypeAdapter[Any], endpoint: Endpoint, event: Event, request_id: str) -> Any:
    try:
        match key:
            case "claims":
                return adapter.validate_python(_claims(event))
            case "request_id":
                return request_id
            case "body":
                return adapter.validate_json(_body(event), strict=True)
            case "query":
                return adapter.validate_python(_query(event, endpoint.lists))
            case _:
                return adapter.validate_python((event.get("pathParameters") or {}).get(key))
    except ValidationError as error:
        if key == "claims":
            raise Unauthorized from None
        raise InvalidInput(details={"fields": in_korean(error, root=key)}) from None


def _claims(event: Event) -> Mapping[str, Any]:
    """Claims of the caller: API Gateway puts them there once it has verified the token; none on public routes."""
    claims: Mapping[str, Any] = (event["requestContext"].get("authorizer") or {}).get("claims") or {}
    return claims


def _body(event: Event) -> bytes:
    raw = event.get("body") or ""
    data = base64.b64decode(raw) if event.get("isBase64Encoded") else raw.encode()
    if len(data) > MAX_BODY_BYTES:
        raise TooLarge(details={"limit_bytes": MAX_BODY_BYTES})
    return data


def _query(event: Event, lists: frozenset[str]) -> dict[str, Any]:
    values: Mapping[str, list[str]] = event.get("multiValueQueryStringParameters") or {}
    return {name: given if name in lists else given[-1] for name, given in values.items()}


def _error(error: FinqError, request_id: str) -> str:
    details = {"details": error.details} if error.details else {}
    shape = {"code": error.code, "message": error.message, **details, "request_id": request_id}
    return json.dumps({"error": shape}, ensure_ascii=False)


@cache
def _headers() -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Access-Control-Allow-Origin": load(RestSettings).web_origin,
        "Vary": "Origin",
        "Cache-Control": "no-store",
        "Strict-Transport-Security": "max-age=31536000",
        "X-Content-Type-Options": "nosniff",
    }
