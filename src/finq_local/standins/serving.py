"""Serves an ASGI application, with JSON logs that never carry what people wrote."""

import json
import logging
import sys
import time
from collections.abc import Callable
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


def serve(make_application: Callable[[], Starlette], port: int) -> None:
    """Make the application and serve it on `port`, on FINQ_STANDIN_HOST, until SIGINT or SIGTERM."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log a line for every upstream call
    uvicorn.run(
        make_application(),
        host=host(),
        port=port,
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )
