"""Runs an image of ours as Lambda does: a Runtime API, the function's memory, nothing but /tmp to write to."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from finq_local.functions import FunctionSpec
from finq_local.gateway.invocation import Invocation, Outcome, error_payload, trace_header
from finq_local.gateway.runtime_api import RuntimeConnection

_MAX_RESPONSE = 6 * 1024 * 1024
# Settings of a function around which nothing answers: all but reaching out works, init above all.
NOWHERE = {
    "AWS_REGION": "ap-northeast-2",
    "AWS_DEFAULT_REGION": "ap-northeast-2",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "FINQ_DATABASE_HOST": "127.0.0.1",
    "FINQ_USER_POOL_ID": "ap-northeast-2_x",
    "FINQ_USER_POOL_CLIENT_ID": "x",
    "FINQ_WEBSOCKET_ENDPOINT": "http://127.0.0.1:1",
    "FINQ_MILVUS_URI": "http://127.0.0.1:1",
}


class StartFailed(RuntimeError):
    """The container ended, or its handler could not be imported. The message is what it said."""


class Trial:
    """The gateway's end of one container's Runtime API.

    Attributes:
        seconds: from `docker run` to the first `/next`.
    """

    def __init__(self, function: FunctionSpec) -> None:
        self._function = function
        self._began = time.perf_counter()
        self._waiting: asyncio.Queue[RuntimeConnection] = asyncio.Queue()
        self._current: Invocation | None = None
        self._init_error = b""
        self.seconds = 0.0

    async def ready(self, process: asyncio.subprocess.Process) -> None:
        """Return once the runtime asks for its first event.

        Raises:
            StartFailed
        """
        asked = asyncio.create_task(self._waiting.get())
        ended = asyncio.create_task(process.communicate())
        await asyncio.wait({asked, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            asked.cancel()
            raise StartFailed((self._init_error or ended.result()[0]).decode(errors="replace"))
        self._waiting.put_nowait(asked.result())

    async def invoke(self, event: Mapping[str, Any]) -> Outcome:
        """What the handler makes of `event`."""
        connection = await self._waiting.get()
        arn = f"arn:aws:lambda:ap-northeast-2:000000000000:function:{self._function.name}"
        self._current = Invocation(json.dumps(event).encode(), arn, trace_header())
        self._current.start(self._function.timeout)
        connection.deliver(self._current)
        return await self._current.result

    # Implements `runtime_api.Session`.

    def next(self, connection: RuntimeConnection) -> None:
        self.seconds = self.seconds or time.perf_counter() - self._began
        self._waiting.put_nowait(connection)

    def respond(self, request_id: str, body: bytes | None) -> int:
        self._finish(body or b"null")
        return 202

    def fail(self, request_id: str, body: bytes) -> int:
        self._finish(body, "Unhandled")
        return 202

    def init_failed(self, body: bytes) -> None:
        self._init_error = body

    def disconnected(self, connection: RuntimeConnection) -> None:
        self._finish(error_payload("Runtime.ExitError", "the container ended without an answer"), "Unhandled")

    def _finish(self, payload: bytes, error: str | None = None) -> None:
        if self._current is not None:
            self._current.finish(payload, error)


@asynccontextmanager
async def running(image: str, function: FunctionSpec, environment: Mapping[str, str]) -> AsyncIterator[Trial]:
    """A container of `image` that has asked for its first event; it is removed at the end.

    Raises:
        StartFailed
    """
    trial = Trial(function)
    server = await asyncio.get_running_loop().create_server(
        lambda: RuntimeConnection(trial, max_response=_MAX_RESPONSE), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    name = f"finq-trial-{uuid4().hex[:12]}"
    memory = f"{function.memory}m"
    command = ["docker", "run", "--rm", "--name", name, "--network", "host", "--read-only", "--tmpfs", "/tmp"]  # noqa: S108
    command += ["--memory", memory, "--memory-swap", memory, "--cap-drop", "ALL"]
    variables = {**environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}
    variables |= {"AWS_LAMBDA_FUNCTION_NAME": function.name, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory)}
    for key, value in variables.items():
        command += ["--env", f"{key}={value}"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, image, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    try:
        await trial.ready(process)
        yield trial
    finally:
        removal = await asyncio.create_subprocess_exec("docker", "rm", "--force", name, stdout=pipe, stderr=pipe)
        await removal.communicate()
        await process.wait()
        server.close()
