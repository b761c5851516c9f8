"""uvicorn, set up so that WebSocket limits are API Gateway's and no token reaches a log."""

import logging
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from finq_local.gateway.app import DRAIN_SECONDS
from finq_local.gateway.settings import GatewaySettings, Limits

KEEP_ALIVE_SECONDS = 75  # longer than SDKs keep an idle connection in their pools


def create_server(app: ASGIApp, settings: GatewaySettings, limits: Limits | None = None) -> uvicorn.Server:
    """A server for the application; `serve()` runs it until a signal or `should_exit`."""
    limits = limits or Limits()
    # Below WARNING uvicorn and websockets log query strings and headers, and so tokens.
    for name in ("uvicorn.error", "uvicorn.access", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_no_refusal)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http="httptools",
        ws="websockets-sansio",
        # uvicorn hands this on to websockets, which also takes (message, frame).
        ws_max_size=cast("int", (limits.websocket_message, limits.websocket_frame)),
        ws_ping_interval=None,  # API Gateway neither pings nor compresses
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    return uvicorn.Server(config)


def _is_no_refusal(record: logging.LogRecord) -> bool:
    """uvicorn takes a handshake that the application has refused for one that it forgot."""
    return record.getMessage() != "ASGI callable returned without completing handshake."
