"""The gateway as an ASGI application: every surface on one port."""

import logging
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from finq_local.functions import load_functions
from finq_local.gateway.authorizer import CognitoAuthorizer, Verify, cognito_verifier
from finq_local.gateway.connections import ConnectionsApi
from finq_local.gateway.contract import Contract, ContractError, load_contract
from finq_local.gateway.function_url import FunctionUrls
from finq_local.gateway.invoke_api import InvokeApi
from finq_local.gateway.rest import RestApi
from finq_local.gateway.service import LambdaService
from finq_local.gateway.settings import GatewaySettings, Limits
from finq_local.gateway.websocket import WebSocketApi

access_log = logging.getLogger("finq_local.gateway.access")

ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
DRAIN_SECONDS = 3
HEALTH_PATH = "/_finq/health"  # asked every few seconds, so it stays out of the log


def create_app(
    settings: GatewaySettings,
    *,
    limits: Limits | None = None,
    verify: Verify | None = None,
    source: Mapping[str, str] | None = None,
    ports: Mapping[str, socket.socket] | None = None,
) -> Starlette:
    """Compose the gateway.

    Args:
        verify: checks ID tokens; by default against the user pool of the FINQ_USER_POOL_* variables.
        source: environment that the functions' variables are taken from; by default the gateway's own.
        ports: those of `open_ports`, if they are open already.

    Raises:
        FunctionsError, ContractError: the two files are wrong or do not agree.
    """
    functions = load_functions(settings.functions)
    user_pool_arn = f"arn:aws:cognito-idp:{settings.region}:{settings.account_id}:userpool/local"
    contract = load_contract(settings.contract, {"web_origin": settings.web_origin, "user_pool_arn": user_pool_arn})
    service = LambdaService(functions, settings, limits or Limits(), source=source, ports=ports)
    _check_tags(contract, service)
    rest = RestApi(contract, service, CognitoAuthorizer(verify or cognito_verifier()))
    connections = ConnectionsApi(service)
    websocket = WebSocketApi(service, connections)
    invoke = InvokeApi(service)
    started = time.monotonic()

    async def status(_: Request) -> Response:
        return JSONResponse(
            {
                "ready": service.ready,
                "functions": {name: pool.status() for name, pool in service.pools.items()},
                "connections": len(connections.open),
                "uptime_s": round(time.monotonic() - started, 1),
            }
        )

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await service.start()
        yield
        await websocket.drain(DRAIN_SECONDS)
        await service.close()

    functions_path = "/2015-03-31/functions"
    return Starlette(
        routes=[
            Route("/api/{path:path}", rest.handle, methods=ALL_METHODS),
            WebSocketRoute("/ws", websocket.handle),
            # The stage before it is free, as on AWS.
            Route("/{stage:path}@connections/{connection_id}", connections.handle, methods=["POST", "GET", "DELETE"]),
            Route(f"{functions_path}/{{name}}/invocations", invoke.invoke, methods=["POST"]),
            Route(f"{functions_path}/{{name}}/configuration", invoke.get, methods=["GET"]),
            Route(f"{functions_path}/{{name}}", invoke.get, methods=["GET"]),
            Route(functions_path, invoke.list, methods=["GET"]),
            Route(functions_path + "/", invoke.list, methods=["GET"]),
            Route("/function-urls/{name}", FunctionUrls(service).handle, methods=ALL_METHODS),
            Route("/function-urls/{name}/{path:path}", FunctionUrls(service).handle, methods=ALL_METHODS),
            Route("/_finq/status", status, methods=["GET"]),
            Route(HEALTH_PATH, health, methods=["GET"]),
        ],
        middleware=[Middleware(AccessLog)],
        lifespan=lifespan,
    )


class AccessLog:
    """One line a request: method, path, status, milliseconds. Never the query string, which may hold a token."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"] == HEALTH_PATH:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            elapsed = (time.perf_counter() - started) * 1000
            access_log.info("%s %s %d %.1f ms", scope["method"], scope["path"], status, elapsed)


def _check_tags(contract: Contract, service: LambdaService) -> None:
    unserved = {op.tag for op in contract.operations if service.functions.serving_tag(op.tag) is None}
    if unserved:
        raise ContractError(f"no function serves the tags {', '.join(sorted(unserved))}")
