"""A worker whose process is ours: `python -m awslambdaric <handler>` with Lambda's environment and nothing else."""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from finq_local.functions import Functions, FunctionSpec
from finq_local.gateway.logs import Log, OutputPipe
from finq_local.gateway.runtime_api import RuntimeConnection
from finq_local.gateway.settings import GatewaySettings, Limits
from finq_local.gateway.worker import Owner, Worker

logger = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1


def worker_environment(
    spec: FunctionSpec, functions: Functions, settings: GatewaySettings, source: Mapping[str, str]
) -> dict[str, str]:
    """What the function's processes see: Lambda's variables, and its FINQ_* groups out of `source`."""
    task_root = str(settings.task_root.resolve())
    environment = {
        "AWS_ACCESS_KEY_ID": settings.access_key_id,
        "AWS_SECRET_ACCESS_KEY": settings.secret_access_key,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "_HANDLER": spec.handler,
        "LAMBDA_TASK_ROOT": task_root,
        "PYTHONPATH": task_root,
        "PATH": source.get("PATH", os.defpath),
        # A home of their own: the developer's ~/.aws must not leak into the functions.
        "HOME": str((settings.home / "worker-home").resolve()),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }
    passed = [key for key in source if key.startswith("AWS_ENDPOINT_URL")]
    # The Bedrock key lets functions reach the real Bedrock while all else of AWS stays local.
    passed += ["AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK", *functions.variables(spec.name)]
    environment.update({key: source[key] for key in passed if key in source})
    return environment


class ProcessWorker(Worker):
    """Starts, watches and kills one process. `start` returns when it runs; it is ready when it first polls."""

    def __init__(self, spec: FunctionSpec, log: Log, owner: Owner, limits: Limits) -> None:
        super().__init__(spec, log, owner, limits)
        self._process: asyncio.subprocess.Process | None = None
        self._pipe: OutputPipe | None = None
        self._server: asyncio.Server | None = None
        self._init_timer: asyncio.TimerHandle | None = None

    @property
    def foreign(self) -> bool:
        return False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def run(self, environment: Mapping[str, str], task_root: Path) -> None:
        """Start the process and stay until it has ended."""
        reason: str | None = "it could not be started"
        try:
            process = await self._start(environment, task_root)
            reason = exit_reason(await process.wait())
        except OSError as error:
            logger.error("%s: cannot start a worker: %s", self.spec.name, error)
        finally:
            if self._init_timer is not None:
                self._init_timer.cancel()
            if self._server is not None:
                self._server.close()
            if self._pipe is not None:
                self._pipe.drain()
                self._pipe.close()
                self._pipe = None
            self.ended(reason)

    async def _start(self, environment: Mapping[str, str], task_root: Path) -> asyncio.subprocess.Process:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self._init_timer = loop.call_later(self.limits.init, self._init_timed_out)
        self._pipe = OutputPipe(self.line)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "awslambdaric", self.spec.handler),
                env={**environment, "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}"},
                cwd=task_root,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self._pipe.writer,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for the gateway alone
                preexec_fn=die_with_parent(),
            )
        finally:
            self._pipe.release_writer()
        return self._process

    def next(self, connection: RuntimeConnection) -> None:
        if self._init_timer is not None:
            self._init_timer.cancel()
        super().next(connection)

    def disconnected(self, connection: RuntimeConnection) -> None:
        """Nothing: the end of the process says more than the end of its connection."""

    def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def settle_output(self) -> None:
        if self._pipe is not None:
            self._pipe.drain()
        if self._process is not None and self._process.returncode is None:
            before = self.max_memory_mb or 0
            self.max_memory_mb = peak_memory_mb(self._process.pid) or self.max_memory_mb
            if before <= self.spec.memory < (self.max_memory_mb or 0):
                logger.warning("%s used %d MB of %d MB", self.spec.name, self.max_memory_mb, self.spec.memory)

    def _connect(self) -> RuntimeConnection:
        return RuntimeConnection(self, max_response=self.limits.invoke_payload)

    def _init_timed_out(self) -> None:
        self.line(f"INIT_REPORT Phase: init Status: timeout after {self.limits.init:.0f} s")
        self.stop()


def exit_reason(returncode: int) -> str | None:
    """How Lambda names the end of a runtime; None for exit status 0."""
    if returncode < 0:
        names = {signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault", signal.SIGTERM: "terminated"}
        return f"signal: {names.get(signal.Signals(-returncode), signal.Signals(-returncode).name)}"
    return f"exit status {returncode}" if returncode else None


def peak_memory_mb(pid: int) -> int | None:
    """Highest resident memory of the process in MB (elsewhere than on Linux: the present one); None if gone."""
    try:
        if sys.platform == "linux":
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
            line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
            return _mb(int(line.split()[1]) * 1024) if line else None
        return _mb(psutil.Process(pid).memory_info().rss)
    except (OSError, psutil.Error):
        return None


def _mb(size: int) -> int:
    return -(-size // 2**20)


def die_with_parent() -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel kills the child when the gateway dies, however it dies.

    Elsewhere than on Linux the runtime ends by itself when it next finds its port closed.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork, where loading a library is not safe
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
