"""One component of the local stack as an operating-system process: start, readiness, stop."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

GUARD = Path(__file__).with_name("guard.py")
TAIL_LINES = 15


class StackError(RuntimeError):
    """Something of the stack does not work. The message says what and what to do, for a terminal."""


@dataclass(frozen=True)
class Account:
    """Operating-system user that a component runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Service:
    """How to run one component.

    Attributes:
        name: short and stable; names the log file.
        title: what it is, for people.
        port: TCP port on 127.0.0.1 it listens on.
        ready: one cheap attempt (under 1 s) to see whether it answers.
        log: file that receives its output.
        account: who runs it; None for the current user.
    """

    name: str
    title: str
    command: tuple[str, ...]
    port: int
    ready: Callable[[], bool]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path("/")
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    start_seconds: float = 60


@dataclass(frozen=True)
class ProcessId:
    """A process as a fact that survives the reuse of its number."""

    pid: int
    started: float  # seconds since the epoch, as the kernel tells it

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        """Identity of a live process.

        Raises:
            psutil.NoSuchProcess: it is gone.
        """
        return cls(pid, psutil.Process(pid).create_time())

    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        try:
            process = psutil.Process(self.pid)
            # The start time is derived from the boot time, which the clock's adjustments move a little.
            return abs(process.create_time() - self.started) < 2 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


class ServiceProcess:
    """A started service."""

    def __init__(self, service: Service) -> None:
        """Start it.

        Raises:
            StackError: the port is taken, or the program is not there.
        """
        self.service = service
        self.started_at = time.monotonic()
        if port_is_taken(service.port):
            raise StackError(
                f"{service.title} needs port {service.port}, which something else uses. "
                "Stop that program, or choose other ports with FINQ_PORT (the stack uses that one and the next six)."
            )
        account = service.account or Account("", -1, -1)
        guarded = [sys.executable, "-IS", str(GUARD), str(int(service.stop_signal)), str(account.uid), str(account.gid)]
        service.log.parent.mkdir(parents=True, exist_ok=True)
        with service.log.open("ab") as log:
            self._log_start = log.tell()
            self._popen = subprocess.Popen(
                [*guarded, *service.command],
                env={**_inherited(), **service.environment},
                cwd=service.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops everything in order
            )
        self.id = ProcessId.of(self._popen.pid)

    def exited(self) -> bool:
        """Whether the process has ended by itself."""
        return self._popen.poll() is not None

    def check(self) -> bool:
        """Whether it is ready.

        Raises:
            StackError: it has ended, or took longer than it may; with the last lines of its log.
        """
        if self.exited():
            raise StackError(f"{self.service.title} stopped with status {self._popen.returncode}.\n{self.tail()}")
        if self.service.ready():
            return True
        if time.monotonic() - self.started_at > self.service.start_seconds:
            raise StackError(
                f"{self.service.title} did not answer within {self.service.start_seconds:.0f} s.\n{self.tail()}"
            )
        return False

    def tail(self) -> str:
        """The last lines this process logged, and where the rest is."""
        with self.service.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").splitlines()
        shown = "\n".join(f"  {line}" for line in lines[-TAIL_LINES:])
        return f"{shown}\n(whole log: {self.service.log})"

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once."""
        if not self.exited():
            self._popen.send_signal(self.service.stop_signal)

    def stop(self) -> None:
        """Stop it, kindly first, and whatever it started; returns when it is gone."""
        self.ask_to_stop()
        try:
            self._popen.wait(self.service.stop_seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            kill_group(self._popen.pid)
            self._popen.wait()


def _inherited() -> dict[str, str]:
    """Our environment without the user's AWS account, which no component needs, and without a proxy for loopback."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (kept.get(name), "127.0.0.1,localhost")))
    return kept


def kill_group(leader: int) -> None:
    """End what is left of a process group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # PermissionError: macOS, when only zombies are left
        return


def wait_until_ready(processes: list[ServiceProcess]) -> None:
    """Block until all of them are ready.

    Raises:
        StackError: one of them is not going to be.
    """
    waiting = list(processes)
    while waiting := [process for process in waiting if not process.check()]:
        time.sleep(0.02)


def port_is_taken(port: int) -> bool:
    """Whether something listens on 127.0.0.1:port, or on all addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def free_port_range(length: int) -> int:
    """The first of so many consecutive ports that nothing uses now."""
    while True:
        [first] = free_ports(1)
        if first + length <= 65536 and not any(port_is_taken(port) for port in range(first, first + length)):
            return first


def free_ports(count: int) -> list[int]:
    """That many different ports that nothing uses now."""
    probes = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
