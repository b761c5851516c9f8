"""Starts one or several ASGI applications in this process, with JSON logs that never carry what people wrote."""

import asyncio
import contextlib
import json
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette

from finq_local.standins.settings import host

_logger = logging.getLogger("finq_local.standins")


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log(message: str, **fields: object) -> None:
    """One JSON line. Give ids, counts and timings, never text of messages."""
    _logger.info(message, extra={"fields": fields})


def serve(*applications: tuple[Callable[[], Starlette], int]) -> None:
    """Make each application and serve it on its port, on FINQ_STANDIN_HOST, until SIGINT or SIGTERM."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log a line for every upstream call
    asyncio.run(_serve_all(applications))


async def _serve_all(applications: Sequence[tuple[Callable[[], Starlette], int]]) -> None:
    servers = [
        _Server(
            uvicorn.Config(
                make(),
                host=host(),
                port=port,
                log_config=None,
                access_log=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=2,
            )
        )
        for make, port in applications
    ]

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop)
    await asyncio.gather(*(server.serve() for server in servers))


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are handled once, for all servers of the process."""
        yield
