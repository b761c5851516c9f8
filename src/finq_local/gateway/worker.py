"""The gateway's view of one Lambda runtime: what it is doing, and the log lines of each invocation."""

import asyncio
import json
import math
import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from finq_local.functions import FunctionSpec
from finq_local.gateway.invocation import Invocation, error_payload
from finq_local.gateway.logs import Log, append_tail
from finq_local.gateway.runtime_api import RuntimeConnection
from finq_local.gateway.settings import Limits

UNHANDLED = "Unhandled"


class State(StrEnum):
    """Of one runtime."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    STOPPED = "stopped"


class Owner(Protocol):
    """Whoever hands invocations to a worker."""

    def idle(self, worker: "Worker") -> None:
        """The worker waits for an invocation."""

    def gone(self, worker: "Worker", init_error: bytes | None) -> None:
        """The worker has ended; `init_error` is Lambda's error object if it never became ready."""


class Worker:
    """One runtime, known by its connection. The process behind it may be ours (`ProcessWorker`) or not."""

    def __init__(self, spec: FunctionSpec, log: Log, owner: Owner, limits: Limits) -> None:
        self.spec = spec
        self.state = State.STARTING
        self.invocations = 0
        self.init_ms: float | None = None  # from start to ready; None until then, and of a foreign process
        self.max_memory_mb: int | None = None
        self.current: Invocation | None = None
        self.limits = limits
        self._log = log
        self._owner = owner
        self._created = time.perf_counter()
        self._ready = False
        self._connection: RuntimeConnection | None = None
        self._init_error: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def foreign(self) -> bool:
        """Whether something else has started the process, so that neither its start nor its memory is known here."""
        return True

    @property
    def peer(self) -> str | None:
        """Where a foreign process speaks from, as `address:port`: its container's address, and another port each."""
        return self._connection.peer if self.foreign and self._connection else None

    @property
    def pid(self) -> int | None:
        """Process id, where the process is on this machine and ours."""
        return None

    # Runtime API

    def next(self, connection: RuntimeConnection) -> None:
        """Implements `Session.next`."""
        if self.current is not None:  # it asks for more without having answered
            self._finish(error_payload("Runtime.InvalidState", "The runtime skipped its response."), UNHANDLED)
        if not self._ready and not self.foreign:
            self.init_ms = (time.perf_counter() - self._created) * 1000
        self._ready = True
        self._connection = connection
        self.state = State.IDLE
        self._owner.idle(self)

    def respond(self, request_id: str, body: bytes | None) -> int:
        """Implements `Session.respond`."""
        if self.current is None or self.current.request_id != request_id:
            return 400
        if body is None:
            limit = self.limits.invoke_payload
            message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
            self._finish(error_payload("Function.ResponseSizeTooLarge", message), UNHANDLED)
            return 413
        self._finish(body)
        return 202

    def fail(self, request_id: str, body: bytes) -> int:
        """Implements `Session.fail`."""
        if self.current is None or self.current.request_id != request_id:
            return 400
        self._finish(body, UNHANDLED)
        return 202

    def init_failed(self, body: bytes) -> None:
        """Implements `Session.init_failed`."""
        self._init_error = body

    def disconnected(self, connection: RuntimeConnection) -> None:
        """Implements `Session.disconnected`: without a process of ours, the connection is all that is known."""
        if connection is self._connection:
            self.ended("exit status unknown")

    # The owner's side

    def dispatch(self, invocation: Invocation) -> None:
        """Hand an invocation to the waiting runtime."""
        if self._connection is None or self.state is not State.IDLE:
            raise RuntimeError(f"worker of {self.spec.name} is {self.state}, not idle")
        self.state = State.BUSY
        self.current = invocation
        self.invocations += 1
        invocation.start(self.spec.timeout)
        self.line(f"START RequestId: {invocation.request_id} Version: $LATEST")
        self._timer = asyncio.get_running_loop().call_later(self.spec.timeout, self._timed_out)
        self._connection.deliver(invocation)

    def stop(self) -> None:
        """End it; a running invocation fails."""
        if self._connection is not None:
            self._connection.close()

    def ended(self, reason: str | None) -> None:
        """The runtime is gone, for `reason` ("exit status 1", "signal: killed"; None: it exited with 0)."""
        if self.state is State.STOPPED:
            return
        said = f"Runtime exited with error: {reason}" if reason else "Runtime exited without providing a reason"
        init_error = None
        if not self._ready:
            init_error = self._init_error or error_payload("Runtime.ExitError", f"Error: {said}")
        self.state = State.STOPPED
        if self.current is not None:
            message = f"RequestId: {self.current.request_id} Error: {said}"
            self.line(message)
            self._finish(error_payload("Runtime.ExitError", message), UNHANDLED)
        self._owner.gone(self, init_error)

    def line(self, text: str) -> None:
        """One line of the function's log, kept for the tail of the running invocation too."""
        self._log.write(text)
        if self.current is not None:
            append_tail(self.current.tail, text)

    def settle_output(self) -> None:
        """Take in what the process has printed and how much memory it has used; nothing for a foreign one."""

    def _timed_out(self) -> None:
        if self.current is None:
            return
        request_id = self.current.request_id
        told = f"Task timed out after {self.spec.timeout:.2f} seconds"
        self.settle_output()
        self.line(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {request_id} {told}")
        self._finish(error_payload("Sandbox.Timedout", f"RequestId: {request_id} Error: {told}"), UNHANDLED)
        self.stop()

    def _finish(self, payload: bytes, function_error: str | None = None) -> None:
        invocation = self.current
        if invocation is None or invocation.started is None:
            raise RuntimeError("no invocation is running")
        if self._timer is not None:
            self._timer.cancel()
        duration = (time.perf_counter() - invocation.started) * 1000
        self.settle_output()
        cold = self.init_ms if self.invocations == 1 else None
        billed = math.ceil(duration + (cold or 0))
        report = [
            f"REPORT RequestId: {invocation.request_id}",
            f"Duration: {duration:.2f} ms",
            f"Billed Duration: {billed} ms",
            f"Memory Size: {self.spec.memory} MB",
        ]
        if self.max_memory_mb is not None:
            report.append(f"Max Memory Used: {self.max_memory_mb} MB")
        if cold is not None:
            report.append(f"Init Duration: {cold:.2f} ms")
        self.line(f"END RequestId: {invocation.request_id}")
        self.line("\t".join(report))
        self.current = None
        invocation.finish(payload, function_error)


def error_summary(payload: bytes) -> str:
    """`errorType: errorMessage` of Lambda's error object."""
    try:
        error = json.loads(payload)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return "unreadable error object"
