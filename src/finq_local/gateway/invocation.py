"""One invocation of a function, its result, and the trace header that both carry."""

import asyncio
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What an invocation came to.

    Attributes:
        payload: JSON, the result or Lambda's error object.
        function_error: "Unhandled" when the function failed, else None.
        tail: the last 4 KB of the invocation's log.
    """

    payload: bytes
    function_error: str | None = None
    tail: bytes = b""


@dataclass(eq=False)
class Invocation:
    """A payload on its way through a function. `result` is always set in the end, never cancelled."""

    payload: bytes
    function_arn: str
    trace_id: str
    client_context: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    result: asyncio.Future[Outcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    tail: bytearray = field(default_factory=bytearray)
    started: float | None = None  # time.perf_counter() when a worker got it
    deadline_ms: int = 0  # Unix time

    @property
    def age(self) -> float:
        """Seconds since a worker got it; 0 before."""
        return time.perf_counter() - self.started if self.started is not None else 0

    def start(self, timeout: float) -> None:
        """Mark that a worker has it, and set the deadline `timeout` seconds ahead."""
        self.started = time.perf_counter()
        self.deadline_ms = int((time.time() + timeout) * 1000)

    def finish(self, payload: bytes, function_error: str | None = None) -> None:
        """Set the result, once."""
        if not self.result.done():
            self.result.set_result(Outcome(payload, function_error, bytes(self.tail)))


class Throttled(Exception):
    """Every process of the function stayed busy for as long as a caller may wait."""


def error_payload(error_type: str, message: str, **more: Any) -> bytes:
    """Lambda's error object."""
    return json.dumps({"errorType": error_type, "errorMessage": message, **more}).encode()


def trace_header(incoming: str | None = None) -> str:
    """`Root=…;Parent=…;Sampled=…` of X-Ray, on the caller's trace where it named one."""
    parts = dict(part.strip().partition("=")[::2] for part in (incoming or "").split(";") if part.strip())
    root = parts.get("Root") or f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    parent = parts.get("Parent") or secrets.token_hex(8)
    sampled = parts.get("Sampled", "0")
    return f"Root={root};Parent={parent};Sampled={sampled if sampled in ('0', '1') else '0'}"
