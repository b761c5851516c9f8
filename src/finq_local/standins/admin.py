"""`/_standin`: how tests and people look into a stand-in and make it fail."""

import json

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from finq_local.standins.registry import Delays, Fault, Registry


def admin_routes(registry: Registry) -> list[Route]:
    """`GET|DELETE /_standin/calls`, `GET|PUT|DELETE /_standin/faults`, `GET /_standin/health`."""

    async def calls(request: Request) -> Response:
        if request.method == "DELETE":
            registry.reset_calls()
            return Response(status_code=204)
        return JSONResponse(registry.snapshot())

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            registry.reset_faults()
            return Response(status_code=204)
        if request.method == "PUT":
            try:
                _put(registry, json.loads(await request.body()))
            except (ValidationError, ValueError) as error:  # a malformed body is a ValueError too
                return JSONResponse({"message": str(error)}, status_code=400)
        return JSONResponse(
            {"faults": [fault.model_dump() for fault in registry.faults], "delays": registry.delays.model_dump()}
        )

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return [
        Route("/_standin/calls", calls, methods=["GET", "DELETE"]),
        Route("/_standin/faults", faults, methods=["GET", "PUT", "DELETE"]),
        Route("/_standin/health", health),
    ]


def _put(registry: Registry, body: object) -> None:
    """A body with `operation` is a fault; any other sets delays and leaves out those it does not name."""
    if not isinstance(body, dict):
        raise ValueError("a JSON object is expected")
    if "operation" in body:
        registry.add(Fault.model_validate(body))
    else:
        registry.delays = Delays.model_validate({**registry.delays.model_dump(), **body})
