"""Structured JSON logs, one line an event, for CloudWatch Logs.

Never log tokens, e-mail addresses or what people wrote: log ids, lengths, counts and timings. As a second
line of defence the formatter drops fields whose names carry such things.
"""

import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

PRIVATE_FIELDS = frozenset(
    {"token", "authorization", "id_token", "access_token", "refresh_token", "password", "email", "text", "content"}
)


class _PrivacyFormatter(LambdaPowertoolsFormatter):
    def serialize(self, log: dict[str, Any]) -> str:  # type: ignore[override]
        return super().serialize({key: value for key, value in log.items() if key.lower() not in PRIVATE_FIELDS})


logger = Logger(
    service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "finq"),
    logger_formatter=_PrivacyFormatter(),
)


def log_unexpected(error: Exception, message: str) -> None:
    """Log an exception nobody foresaw: its type and stack, without its text, which may quote what people wrote."""
    logger.error(message, error=type(error).__name__, stack=traceback.format_tb(error.__traceback__))


@contextmanager
def timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Add the block's wall time to `timings[stage]`, in milliseconds."""
    started = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = round(timings.get(stage, 0.0) + (time.perf_counter() - started) * 1000, 1)
