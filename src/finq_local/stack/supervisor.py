"""Starts the components in the order they need each other, keeps them running, stops them."""

import fcntl
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Literal, TextIO

import psutil
import psycopg
from psycopg import sql

from finq_local.stack import emulator, functions, models, postgres, sample_policies, state, vectors
from finq_local.stack.layout import COMPONENTS, Layout
from finq_local.stack.provision import (
    DATABASE_SECRET,
    MILVUS_SECRET,
    OPENAPI_SECRET,
    TAVILY_SECRET,
    UserPool,
    provision,
)
from finq_local.stack.service import (
    ProcessId,
    Service,
    ServiceProcess,
    StackError,
    kill_group,
    port_is_taken,
    wait_until_ready,
)

WATCH_SECONDS = 0.5
# A component that crashes more often than this is broken, and is left alone.
RESTARTS = 5
RESTART_WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Event:
    """Something that happened, for a progress display.

    Attributes:
        subject: a component's name, or a step: `init`, `sample`, `stack`.
        title: it, for people.
        outcome: what became of it.
        detail: more, one line or several; empty when there is nothing to say.
        seconds: since its start.
    """

    subject: str
    title: str
    outcome: Literal["started", "progress", "ready", "restarted", "failed"]
    detail: str = ""
    seconds: float = 0.0


Listener = Callable[[Event], None]


class Supervisor:
    """One stack. Use as a context manager: leaving it stops everything that was started.

    Args:
        listen: is told of each step.
        with_sample: whether to load the sample policies.
    """

    def __init__(self, layout: Layout, listen: Listener, *, with_sample: bool = True) -> None:
        self._layout = layout
        self._listen = listen
        self._with_sample = with_sample
        self._processes: dict[str, ServiceProcess] = {}
        self._ready: set[str] = set()
        self._crashes: dict[str, deque[float]] = {}
        self._given_up: set[str] = set()
        self._stop = threading.Event()
        self._cluster: postgres.Postgres | None = None
        self._lock: TextIO | None = None
        self._state = state.State(state.own_process(), layout.base_port, answered_by=functions.answered_by())

    def __enter__(self) -> "Supervisor":
        """Claim the stack's folder.

        Raises:
            StackError: another supervisor has it, or it cannot be used.
        """
        self._layout.create()
        lock = (self._layout.home / "stack.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise StackError(f"A stack in {self._layout.home} is starting or running already.") from None
        self._lock = lock
        self._clear_up_after_crash()
        self._save()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # nothing interrupts the end
        self._state.phase = "stopping"
        self._save()
        self._stop_all()
        self._state.processes.clear()
        self._save()
        if self._lock:
            self._lock.close()

    def start(self) -> None:
        """Bring everything up; returns when the stack answers and its data is there.

        Raises:
            StackError: a component did not come up, or the data could not be prepared.
        """
        began = time.monotonic()
        layout = self._layout
        self._refuse_taken_ports()
        functions.keep_to_one_embedder(layout.home)
        cluster = postgres.locate(layout.home, layout.port("postgres"))
        self._cluster = cluster
        self._state.spill = str(cluster.spill) if cluster.spill else None
        self._save()
        # The slow ones first, while initdb works.
        self._launch(vectors.service(layout.home, layout.port("milvus"), layout.log("milvus")))
        self._launch(emulator.service(layout.home, layout.port("aws"), layout.log("aws")))
        if not functions.uses_real_bedrock():
            self._launch(models.bedrock(layout.home, layout.port("bedrock"), layout.log("bedrock")))
        self._launch(models.tavily(layout.home, layout.port("tavily"), layout.log("tavily")))
        cluster.create_cluster()
        self._launch(cluster.service(layout.log("postgres")))
        self._wait("aws", "postgres")
        pool = self._prepare(cluster)
        self._launch(functions.gateway(layout, pool))
        self._wait(*self._processes)
        self._step("init", "Database schema", functions.install_schema)
        if self._with_sample:
            self._step("sample", "Sample policies", sample_policies.load)
        self._warm_up()
        self._state.phase = "ready"
        self._save()
        self._tell("stack", "FinQ", "ready", seconds=time.monotonic() - began)

    def watch(self) -> None:
        """Restart what crashes, until `request_stop`."""
        while not self._stop.wait(WATCH_SECONDS):
            for name, process in list(self._processes.items()):
                if name not in self._given_up and process.exited():
                    self._restart(process)

    def request_stop(self) -> None:
        """Make `watch` return."""
        self._stop.set()

    def handle_signals(self) -> None:
        """Let Ctrl-C and SIGTERM end `start` and `watch` alike, by KeyboardInterrupt."""

        def interrupt(number: int, frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, interrupt)

    def _prepare(self, cluster: postgres.Postgres) -> UserPool:
        """What Terraform makes on AWS: database, buckets, secrets, user pool."""
        with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [functions.DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(functions.DATABASE)))
        secrets = {
            DATABASE_SECRET: {"username": postgres.USER, "password": cluster.password},
            MILVUS_SECRET: {"token": ""},
            TAVILY_SECRET: {"api_key": functions.TAVILY_KEY},
            OPENAPI_SECRET: {"api_key": os.environ.get("FINQ_OPENAPI_KEY") or functions.OPENAPI_KEY},
        }
        self._state.pool = provision(self._layout.port("aws"), secrets)
        self._save()
        return self._state.pool

    def _refuse_taken_ports(self) -> None:
        for component in COMPONENTS:
            port = self._layout.port(component)
            if port_is_taken(port):
                raise StackError(
                    f"Port {port} ({component}) is in use by another program. "
                    f"Stop it, or choose other ports: FINQ_PORT={self._layout.base_port + 1000} finq up"
                )

    def _step(self, subject: str, title: str, work: Callable[[Layout, Callable[[str], None]], str]) -> None:
        began = time.monotonic()
        self._tell(subject, title, "started")
        detail = work(self._layout, lambda text: self._tell(subject, title, "progress", text))
        self._tell(subject, title, "ready", detail, time.monotonic() - began)

    def _warm_up(self) -> None:
        """A function that does not start is shown and leaves the rest usable, its log included."""
        try:
            self._step("functions", "Warm functions", functions.wait_until_warm)
        except StackError as error:
            self._tell("functions", "Warm functions", "failed", str(error))

    def _launch(self, service: Service) -> None:
        self._tell(service.name, service.title, "started")
        process = ServiceProcess(service)
        self._processes[service.name] = process
        self._state.processes[service.name] = process.id
        self._save()

    def _wait(self, *names: str) -> None:
        while waiting := {name: self._processes[name] for name in names if name not in self._ready}:
            for name, process in waiting.items():
                if process.check():
                    self._ready.add(name)
                    seconds = time.monotonic() - process.started_at
                    self._tell(name, process.service.title, "ready", f"port {process.service.port}", seconds)
            time.sleep(0.02)

    def _restart(self, crashed: ServiceProcess) -> None:
        service = crashed.service
        crashes = self._crashes.setdefault(service.name, deque())
        now = time.monotonic()
        crashes.append(now)
        while crashes[0] < now - RESTART_WINDOW_SECONDS:
            crashes.popleft()
        if len(crashes) > RESTARTS:
            self._given_up.add(service.name)
            self._tell(service.name, service.title, "failed", f"crashes again and again\n{crashed.tail()}")
            return
        kill_group(crashed.id.pid)  # its own children may hold the port
        try:
            self._launch(service)
            wait_until_ready([self._processes[service.name]])
            if service.name == "aws":
                self._provision_again()
        except StackError as error:
            # Looked at again in the next round; the limit above ends it.
            self._tell(service.name, service.title, "failed", str(error))
            return
        self._state.restarts[service.name] = self._state.restarts.get(service.name, 0) + 1
        self._save()
        self._tell(service.name, service.title, "restarted", seconds=time.monotonic() - now)

    def _provision_again(self) -> None:
        """After a crash of the emulator, which saves its state only at a proper stop: make what it lost."""
        before = self._state.pool
        if self._cluster is None or self._prepare(self._cluster) == before or self._state.pool is None:
            return
        self._processes["gateway"].stop()
        self._launch(functions.gateway(self._layout, self._state.pool))  # its functions know the pool by its id
        wait_until_ready([self._processes["gateway"]])

    def _stop_all(self) -> None:
        """The gateway first, so that answers in progress can still be stored; PostgreSQL last."""
        last = ("postgres",)
        first = ("gateway",)
        groups = (
            [process for name, process in self._processes.items() if name in first],
            [process for name, process in self._processes.items() if name not in first + last],
            [process for name, process in self._processes.items() if name in last],
        )
        for group in groups:
            for process in group:
                process.ask_to_stop()
            for process in group:
                process.stop()

    def _clear_up_after_crash(self) -> None:
        """End components that outlived a supervisor which could not stop them (systems without PDEATHSIG)."""
        previous = state.load(self._layout.home)
        for process in (previous.processes if previous else {}).values():
            end_leftover(process)

    def _save(self) -> None:
        self._state.save(self._layout.home)

    def _tell(
        self,
        subject: str,
        title: str,
        outcome: Literal["started", "progress", "ready", "restarted", "failed"],
        detail: str = "",
        seconds: float = 0.0,
    ) -> None:
        self._listen(Event(subject, title, outcome, detail, round(seconds, 2)))


def end_leftover(process: ProcessId) -> None:
    """Stop a component of a stack whose supervisor is gone; nothing happens when it is gone too."""
    if not process.alive():
        return
    with suppress(psutil.NoSuchProcess):
        leftover = psutil.Process(process.pid)
        leftover.send_signal(signal.SIGINT if "postgres" in leftover.name() else signal.SIGTERM)
        try:
            leftover.wait(10)
        except psutil.TimeoutExpired:
            kill_group(process.pid)
