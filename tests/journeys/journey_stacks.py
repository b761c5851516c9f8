"""The two stacks that the journeys run on, behind one interface: processes on this machine, and containers."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from journey_clients import Socket, User
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from finq_local.stack import background, functions, postgres, shutdown, state, vectors
from finq_local.stack.layout import COMPONENTS, PROJECT, Layout
from finq_local.stack.provision import client
from finq_local.stack.service import free_port_range


class Stack(ABC):
    """A running stack with the sample policies, used and broken from outside."""

    kind: str
    mailbox: str  # the component that logs the mails it does not send

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    @property
    def url(self) -> str:
        return self.layout.url

    @property
    def websocket_url(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/ws"

    @property
    def bedrock_url(self) -> str:
        """The stand-in; faults and counts at /_standin."""
        return f"http://127.0.0.1:{self.layout.port('bedrock')}"

    @property
    def tavily_url(self) -> str:
        return f"http://127.0.0.1:{self.layout.port('tavily')}"

    @property
    def milvus_url(self) -> str:
        return vectors.url(self.layout.port("milvus"))

    @property
    def database(self) -> str:
        """libpq connection string of FinQ's database."""
        return self.conninfo(functions.DATABASE)

    @property
    def s3(self) -> Any:
        """A boto3 client of where policy records are stored."""
        return client("s3", self.layout.port("aws"))

    @property
    def environment(self) -> dict[str, str]:
        """What makes `finq` talk to this stack."""
        own = {"FINQ_HOME": str(self.layout.home), "FINQ_PORT": str(self.layout.base_port)}
        if self.layout.foreign:
            own["FINQ_URL"] = self.layout.foreign
        return {**os.environ, **own, "COLUMNS": "200", "NO_COLOR": "1"}

    @asynccontextmanager
    async def connect(self, user: User) -> AsyncIterator[Socket]:
        """A WebSocket of the user's."""
        offered = [Subprotocol("finq.v1"), Subprotocol(f"bearer.{user.token}")]
        async with connect(self.websocket_url, subprotocols=offered, proxy=None, open_timeout=30) as connection:
            yield Socket(connection)

    @property
    def session(self) -> Path:
        """Where `finq` keeps who it is; there once it has been somebody."""
        [found] = [*self.layout.home.glob("session*.json"), self.layout.home / "session.json"][:1]
        return found

    def finq(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the command line."""
        options = {"env": self.environment, "timeout": 120, **options}
        return subprocess.run(
            [Path(sys.executable).with_name("finq"), *arguments], capture_output=True, text=True, check=False, **options
        )

    def invoke(self, function: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call a function through Lambda's API."""
        return functions.invoke(self.layout, function, payload)

    def workers(self, function: str) -> list[dict[str, Any]]:
        """The function's processes: `state` (starting, idle, busy), `pid` or `peer`, and more."""
        return functions.gateway_status(self.layout)["functions"][function]["workers"]

    def worker_ids(self) -> dict[str, set[Any]]:
        """What tells the processes of every function that has any apart: a restarted one is another."""
        status = functions.gateway_status(self.layout)["functions"]
        return {
            name: {worker["pid"] or worker["peer"] for worker in found["workers"]}
            for name, found in status.items()
            if found["workers"]
        }

    def kill_busy_worker(self, function: str) -> None:
        """SIGKILL for the function's only worker that serves somebody."""
        [busy] = [worker for worker in self.workers(function) if worker["state"] == "busy"]
        self.kill_workers([busy])

    @abstractmethod
    def kill_workers(self, workers: list[dict[str, Any]]) -> None:
        """SIGKILL for these."""

    @abstractmethod
    def conninfo(self, database: str) -> str:
        """libpq connection string of a database, as its superuser."""

    @abstractmethod
    def component(self, name: str) -> object:
        """What tells a start of a component from its next one."""

    @abstractmethod
    def kill_component(self, name: str) -> None:
        """SIGKILL; the stack starts it again by itself."""

    @abstractmethod
    def logs(self, *names: str) -> dict[str, str]:
        """Everything logged by functions and components, by name; of all of them without `names`."""

    @abstractmethod
    def signing_key(self, pool_id: str) -> bytes:
        """The user pool's private key for ID tokens, PEM."""

    def log_since(self, name: str) -> Callable[[], str]:
        """What a function or component logs from now on."""

        def lines() -> Counter[str]:
            # Those of several containers come one container after another, so that new ones are not at the end.
            return Counter(self.logs(name)[name].splitlines())

        before = lines()
        return lambda: "\n".join((lines() - before).elements())


class EmbeddedStack(Stack):
    """Processes, kept by a supervisor, as `finq up` starts them."""

    kind = "embedded"
    mailbox = "aws"

    def kill_workers(self, workers: list[dict[str, Any]]) -> None:
        for worker in workers:
            os.kill(worker["pid"], signal.SIGKILL)

    def conninfo(self, database: str) -> str:
        return postgres.conninfo(self.layout.home, self.layout.port("postgres"), database)

    def component(self, name: str) -> object:
        return self._state().processes[name]

    def kill_component(self, name: str) -> None:
        os.kill(self._state().processes[name].pid, signal.SIGKILL)

    def logs(self, *names: str) -> dict[str, str]:
        paths = [self.layout.log(name) for name in names] or sorted(self.layout.logs.glob("*.log"))
        return {path.stem: path.read_text(encoding="utf-8", errors="replace") for path in paths if path.exists()}

    def signing_key(self, pool_id: str) -> bytes:
        return (self.layout.home / "aws" / "state" / "cognito-pool-keys" / f"{pool_id}-id.pem").read_bytes()

    def _state(self) -> state.State:
        found = state.running(self.layout.home)
        assert found, "the stack is gone"
        return found


class ComposeStack(Stack):
    """Containers of `compose.yaml`, a project of their own on ports of their own."""

    kind = "compose"
    mailbox = "cognito"
    # More than one where tests ask at the same time; where only one is asked to work, one gets the work.
    scale = {"chatbot": 4, "backend": 2, "ws-message": 2}  # noqa: RUF012

    def __init__(self, layout: Layout, project: str) -> None:
        super().__init__(layout)
        self.project = project
        self.services: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())["services"]
        # Functions by their own name, components by that of their service.
        self.service_of = {
            service.get("environment", {}).get("AWS_LAMBDA_FUNCTION_NAME", name): name
            for name, service in self.services.items()
            if "profiles" not in service
        }
        self.service_of["aws"] = "localstack"

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Run `docker compose` on this project; what it wrote to stdout."""
        base = self.layout.base_port
        names = [name.upper() for name in COMPONENTS[1:]] + ["COGNITO"]
        ports = {f"FINQ_{name}_PORT": str(base + place) for place, name in enumerate(names, start=1)}
        command = ["docker", "compose", "--project-name", self.project, "--file", str(PROJECT / "compose.yaml")]
        result = subprocess.run(
            [*command, *arguments],
            env={**os.environ, **ports, "FINQ_PORT": str(base), "FINQ_BEDROCK_RECORD": "1"},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and result.returncode:
            logs = "" if "logs" in arguments else self.compose("logs", "--tail", "15", check=False)
            raise AssertionError(f"docker compose {' '.join(arguments)}: {result.stderr[-2000:]}\n{logs[-6000:]}")
        return result.stdout

    def containers(self, service: str) -> list[dict[str, Any]]:
        """What `docker inspect` says of the service's containers."""
        ids = self.compose("ps", "--all", "--quiet", service).split()
        return json.loads(subprocess.run(["docker", "inspect", *ids], capture_output=True, check=True).stdout)

    def kill_container(self, container: dict[str, Any]) -> None:
        """Kill its first process as the kernel would for want of memory: `docker kill` would count as a wish."""
        pid = str(container["State"]["Pid"])
        if os.geteuid() == 0 and Path("/proc", pid).exists():
            os.kill(int(pid), signal.SIGKILL)
            return
        # Not root, or Docker has a machine of its own.
        command = ["docker", "run", "--rm", "--pid", "host", "--user", "0", "--entrypoint", "sh", "finq-gateway"]
        subprocess.run([*command, "-c", f"kill -9 {pid}"], check=True)

    def kill_workers(self, workers: list[dict[str, Any]]) -> None:
        addresses = {worker["peer"].rpartition(":")[0] for worker in workers}
        ids = self.compose("ps", "--quiet").split()
        found = json.loads(subprocess.run(["docker", "inspect", *ids], capture_output=True, check=True).stdout)
        for container in found:
            networks = container["NetworkSettings"]["Networks"].values()
            if addresses & {network["IPAddress"] for network in networks}:
                self.kill_container(container)

    def conninfo(self, database: str) -> str:
        environment = dict(entry.split("=", 1) for entry in self.containers("postgres")[0]["Config"]["Env"])
        user, password = environment["POSTGRES_USER"], environment["POSTGRES_PASSWORD"]
        port = self.layout.port("postgres")
        return f"host=127.0.0.1 port={port} user={user} password={password} dbname={database} sslmode=disable"

    def component(self, name: str) -> object:
        [container] = self.containers(self.service_of[name])
        return container["State"]["StartedAt"] if container["State"]["Running"] else "down"

    def kill_component(self, name: str) -> None:
        [container] = self.containers(self.service_of[name])
        self.kill_container(container)

    def logs(self, *names: str) -> dict[str, str]:
        return {
            name: self.compose("logs", "--no-log-prefix", "--no-color", self.service_of[name])
            for name in names or self.service_of
        }

    def signing_key(self, pool_id: str) -> bytes:
        path = f"/var/finq/state/cognito-pool-keys/{pool_id}-id.pem"
        return self.compose("exec", "-T", "cognito", "cat", path).encode()


@contextmanager
def embedded() -> Iterator[EmbeddedStack]:
    """A stack of processes; it ends with this session, however that ends."""
    home = Path(tempfile.mkdtemp(prefix="finq-journey-"))
    home.chmod(0o711)  # PostgreSQL's user passes through when we are root
    layout = Layout(home, free_port_range(len(COMPONENTS)))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FINQ_BEDROCK_RECORD", "1")  # tests look at what the model was given
        background.start(layout, lambda event: None, outlive=False)
    yield EmbeddedStack(layout)
    shutdown.stop(home)
    shutdown.purge(home)
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def composed(services: tuple[str, ...] = ()) -> Iterator[ComposeStack]:
    """A stack of containers, or of some of its services; images built where need be, nothing left afterwards."""
    home = Path(tempfile.mkdtemp(prefix="finq-journey-"))
    base = free_port_range(len(COMPONENTS) + 1)
    stack = ComposeStack(Layout(home, base, f"http://127.0.0.1:{base}"), f"finq-journey-{uuid4().hex[:8]}")
    scale = [part for name, count in stack.scale.items() for part in ("--scale", f"{name}={count}") if not services]
    try:
        stack.compose("up", "--build", "--wait", "--quiet-pull", *scale, *services)
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "3", check=False)
        shutil.rmtree(home, ignore_errors=True)


def docker_is_missing() -> str | None:
    """Why no containers can be run here, or None."""
    if shutil.which("docker") is None:
        return "Docker is not installed"
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        except subprocess.TimeoutExpired:
            return "Docker does not answer"
        if result.returncode:
            return f"`{' '.join(command)}` failed: {(result.stderr.strip() or '?').splitlines()[-1]}"
    return None
