"""The Lambda service: every function by name, synchronous calls, and events with retries and a failure destination."""

import asyncio
import json
import logging
import os
import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from finq_local.functions import Functions
from finq_local.gateway.external import ExternalSession
from finq_local.gateway.http import BodyTooLarge
from finq_local.gateway.invocation import Invocation, Outcome, trace_header
from finq_local.gateway.logs import ForeignLog, FunctionLog, Log
from finq_local.gateway.pool import FunctionPool, Launch
from finq_local.gateway.process import ProcessWorker, worker_environment
from finq_local.gateway.runtime_api import RuntimeConnection
from finq_local.gateway.runtime_ports import open_ports
from finq_local.gateway.settings import GatewaySettings, Limits

logger = logging.getLogger(__name__)


class LambdaService:
    """All pools. `start` before use, `close` after."""

    def __init__(
        self,
        functions: Functions,
        settings: GatewaySettings,
        limits: Limits,
        *,
        source: Mapping[str, str] | None = None,
        ports: Mapping[str, socket.socket] | None = None,
    ) -> None:
        self.functions = functions
        self.settings = settings
        self.limits = limits
        self.external = external_functions(functions, settings)
        self.warm = warm_functions(functions, settings)
        self._source = os.environ if source is None else source
        self._ports = ports
        self._logs: dict[str, Log] = {
            name: ForeignLog(name) if name in self.external else FunctionLog(settings.home / "logs", name)
            for name in functions.functions
        }
        self._events: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self.pools = {
            name: FunctionPool(
                spec,
                self.arn(name),
                self._logs[name],
                limits,
                launch=None if name in self.external else self._launcher(name),
                warm=name in self.warm,
            )
            for name, spec in functions.functions.items()
        }

    def arn(self, name: str) -> str:
        """ARN of a function."""
        return f"arn:aws:lambda:{self.settings.region}:{self.settings.account_id}:function:{name}"

    async def start(self) -> None:
        """Open the ports of external workers and start the warm functions."""
        if self.external < self.functions.functions.keys():
            (self.settings.home / "worker-home").mkdir(parents=True, exist_ok=True)
        for name, listening in (self._ports or open_ports(self.functions, self.settings)).items():
            await self._listen(name, listening)
        for pool in self.pools.values():
            pool.start()

    async def close(self) -> None:
        """Kill the workers and close the logs; events that wait for a retry are lost."""
        for task in self._events:
            task.cancel()
        for server in self._servers:
            server.close()
        await asyncio.gather(*(pool.close() for pool in self.pools.values()))
        for log in self._logs.values():
            log.close()

    @property
    def ready(self) -> bool:
        """Whether every warm function has become ready or has failed to."""
        return all(self.pools[name].state not in ("cold", "starting") for name in self.warm)

    async def invoke(self, name: str, event: Mapping[str, Any], *, trace_id: str | None = None) -> Outcome:
        """Call a function with an event of the gateway's own and wait for the result.

        Raises:
            Throttled: every process stayed busy.
            BodyTooLarge: the event is longer than Lambda takes.
        """
        payload = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        if len(payload) > self.limits.invoke_payload:
            raise BodyTooLarge
        return await self.pools[name].invoke(payload, trace_id=trace_id, wait=self.limits.queue)

    def send_event(self, name: str, payload: bytes, *, trace_id: str | None = None) -> str:
        """Queue an asynchronous invocation; its request id. Returns at once."""
        trace_id = trace_header(trace_id)
        invocation = self.pools[name].submit(payload, trace_id=trace_id)
        task = asyncio.create_task(self._run_event(name, invocation, trace_id))
        self._events.add(task)
        task.add_done_callback(self._events.discard)
        return invocation.request_id

    async def _run_event(self, name: str, invocation: Invocation, trace_id: str) -> None:
        """See an event through its attempts; tell the failure destination when they are spent."""
        pool = self.pools[name]
        accepted = time.monotonic()
        outcome = await pool.result(invocation)
        attempts = 1
        condition = "RetriesExhausted"
        for delay in self.settings.retry_delays[: pool.spec.retries]:
            if outcome.function_error is None:
                return
            if time.monotonic() + delay - accepted > self.limits.event_age:
                condition = "EventAgeExceeded"
                break
            await asyncio.sleep(delay)
            retry = pool.submit(invocation.payload, trace_id=trace_id, request_id=invocation.request_id)
            outcome = await pool.result(retry)
            attempts += 1
        if outcome.function_error is None:
            return
        logger.error("%s: event %s given up after %d attempts", name, invocation.request_id, attempts)
        if pool.spec.on_failure is not None:
            record = self._failure_record(name, invocation, outcome, condition, attempts)
            self.send_event(pool.spec.on_failure, json.dumps(record, ensure_ascii=False).encode(), trace_id=trace_id)

    def _failure_record(
        self, name: str, invocation: Invocation, outcome: Outcome, condition: str, attempts: int
    ) -> dict[str, Any]:
        return {
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": invocation.request_id,
                "functionArn": f"{self.arn(name)}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "requestPayload": json.loads(invocation.payload or b"null"),
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": outcome.function_error,
            },
            "responsePayload": json.loads(outcome.payload),
        }

    async def _listen(self, name: str, listening: socket.socket) -> None:
        session = ExternalSession(self.pools[name], self.limits)
        server = await asyncio.get_running_loop().create_server(
            lambda: RuntimeConnection(session, max_response=self.limits.invoke_payload), sock=listening
        )
        self._servers.append(server)

    def _launcher(self, name: str) -> Launch:
        environment = worker_environment(self.functions[name], self.functions, self.settings, self._source)
        task_root = self.settings.task_root.resolve()

        def launch(worker: ProcessWorker) -> asyncio.Task[None]:
            return asyncio.create_task(worker.run(environment, task_root))

        return launch


def warm_functions(functions: Functions, settings: GatewaySettings) -> frozenset[str]:
    """Names of the functions kept warm: those a person waits for whose start would be felt.

    That is the WebSocket functions and those shipped as images, apart from the ones behind a function URL (ETL).
    """
    if settings.warm is not None:
        chosen = settings.warm
    else:
        specs = functions.functions.values()
        chosen = tuple(
            spec.name for spec in specs if spec.triggers.websocket or (spec.package != "zip" and not spec.triggers.url)
        )
    return frozenset(chosen) - external_functions(functions, settings)


def external_functions(functions: Functions, settings: GatewaySettings) -> frozenset[str]:
    """Names of the functions whose processes something else starts."""
    return frozenset(functions.functions) if "*" in settings.external else frozenset(settings.external)
