"""The processes of one function: started when needed, up to its concurrency, with a queue in front."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from finq_local.functions import FunctionSpec
from finq_local.gateway.invocation import Invocation, Outcome, Throttled, error_payload, trace_header
from finq_local.gateway.logs import Log
from finq_local.gateway.process import ProcessWorker
from finq_local.gateway.settings import Limits
from finq_local.gateway.worker import UNHANDLED, State, Worker, error_summary

# Starts the process of a worker and returns when it has ended.
Launch = Callable[[ProcessWorker], "asyncio.Task[None]"]


class FunctionPool:
    """Hands invocations to workers in the order they came.

    `launch` None means that workers are started by something else and come by themselves (`ExternalSession`).
    """

    def __init__(
        self, spec: FunctionSpec, arn: str, log: Log, limits: Limits, *, launch: Launch | None, warm: bool
    ) -> None:
        self.spec = spec
        self.arn = arn
        self.workers: list[Worker] = []
        self.last_error: str | None = None
        self._log = log
        self._limits = limits
        self._launch = launch
        self._warm = warm
        self._queue: deque[Invocation] = deque()
        self._idle: list[Worker] = []  # last in, first out, so that workers beyond the need grow idle
        self._tasks: set[asyncio.Task[None]] = set()
        self._reapers: dict[Worker, asyncio.TimerHandle] = {}
        self._closing = False

    # For callers

    def submit(
        self,
        payload: bytes,
        *,
        trace_id: str | None = None,
        client_context: str | None = None,
        request_id: str | None = None,
    ) -> Invocation:
        """Queue an invocation or start it at once; its `result` will be set."""
        invocation = Invocation(payload, self.arn, trace_header(trace_id), client_context)
        invocation.request_id = request_id or invocation.request_id
        if self._closing:
            invocation.finish(error_payload("Runtime.Shutdown", "The gateway is stopping."), UNHANDLED)
        elif self._idle:
            self._dispatch(self._idle.pop(), invocation)
        else:
            self._queue.append(invocation)
            self._scale()
        return invocation

    async def invoke(self, payload: bytes, *, trace_id: str | None = None, wait: float | None = None) -> Outcome:
        """Submit and wait for the result.

        Args:
            wait: seconds to queue while every process is busy; None for as long as it takes.

        Raises:
            Throttled: the wait was in vain.
        """
        return await self.result(self.submit(payload, trace_id=trace_id), wait=wait)

    async def result(self, invocation: Invocation, *, wait: float | None = None) -> Outcome:
        """Wait for an invocation; it goes on if the caller is cancelled. Raises like `invoke`."""
        while wait is not None and invocation in self._queue:
            await asyncio.wait([invocation.result], timeout=wait)
            starting = any(worker.state is State.STARTING for worker in self.workers)
            if invocation in self._queue and not starting:
                self._queue.remove(invocation)
                raise Throttled(self.spec.name)
        return await asyncio.shield(invocation.result)

    @property
    def state(self) -> str:
        """cold, starting, ready, busy or failed."""
        states = {worker.state for worker in self.workers}
        if State.IDLE in states:
            return "ready"
        for state in (State.BUSY, State.STARTING):
            if state in states:
                return state.value
        return "failed" if self.last_error else "cold"

    def status(self) -> dict[str, Any]:
        """For `/_finq/status`."""
        return {
            "state": self.state,
            "workers": [
                {
                    "pid": worker.pid,
                    "peer": worker.peer,
                    "state": worker.state.value,
                    "invocations": worker.invocations,
                    "init_ms": round(worker.init_ms, 1) if worker.init_ms is not None else None,
                    "max_memory_mb": worker.max_memory_mb,
                }
                for worker in self.workers
            ],
            "memory": self.spec.memory,
            "timeout": self.spec.timeout,
            "last_error": self.last_error,
        }

    # Life

    def start(self) -> None:
        """Start the first worker if one is to be kept warm."""
        if self._warm and not self.workers:
            self._spawn()

    async def close(self) -> None:
        """Kill every worker and wait for their ends."""
        self._closing = True
        while self._queue:
            invocation = self._queue.popleft()
            invocation.finish(error_payload("Runtime.Shutdown", "The gateway is stopping."), UNHANDLED)
        for reaper in self._reapers.values():
            reaper.cancel()
        # A process that is being forked right now has no id to kill yet: its task ends it as soon as it has.
        while self._tasks:
            for worker in self.workers:
                worker.stop()
            await asyncio.wait(self._tasks, timeout=0.05)

    # Implements `Owner`

    def idle(self, worker: Worker) -> None:
        self.last_error = None if worker.invocations == 0 else self.last_error
        if self._queue:
            self._dispatch(worker, self._queue.popleft())
            return
        self._idle.append(worker)
        if worker is not self.workers[0] and self._launch is not None:
            loop = asyncio.get_running_loop()
            self._reapers[worker] = loop.call_later(self._limits.idle_worker, worker.stop)

    def gone(self, worker: Worker, init_error: bytes | None) -> None:
        self.workers.remove(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if reaper := self._reapers.pop(worker, None):
            reaper.cancel()
        if self._closing:
            return
        if init_error is not None:
            self.last_error = error_summary(init_error)
            starting = sum(other.state is State.STARTING for other in self.workers)
            if len(self._queue) > starting:
                self._queue.popleft().finish(init_error, UNHANDLED)
        self._scale()
        # One that could not start is not tried again until somebody calls, or it would be tried for ever.
        if init_error is None:
            self.start()

    def adopt(self) -> Worker:
        """A worker started elsewhere has come."""
        worker = Worker(self.spec, self._log, self, self._limits)
        self.workers.append(worker)
        return worker

    def external_init_failed(self, body: bytes) -> None:
        """A worker started elsewhere could not import its handler: so much for the oldest that waits, as on Lambda."""
        self.last_error = error_summary(body)
        if self._queue and not self.workers:
            self._queue.popleft().finish(body, UNHANDLED)

    def _dispatch(self, worker: Worker, invocation: Invocation) -> None:
        if reaper := self._reapers.pop(worker, None):
            reaper.cancel()
        worker.dispatch(invocation)

    def _scale(self) -> None:
        starting = sum(worker.state is State.STARTING for worker in self.workers)
        for _ in range(min(len(self._queue) - starting, self.spec.concurrency - len(self.workers))):
            self._spawn()

    def _spawn(self) -> None:
        if self._launch is None:
            return
        worker = ProcessWorker(self.spec, self._log, self, self._limits)
        self.workers.append(worker)
        task = self._launch(worker)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
