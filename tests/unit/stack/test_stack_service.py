"""Processes of the stack: readiness, failure, stop, and death with the parent."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from finq_local.stack.probes import tcp_accepts
from finq_local.stack.service import (
    GUARD,
    ProcessId,
    Service,
    ServiceProcess,
    StackError,
    free_port_range,
    free_ports,
    port_is_taken,
    wait_until_ready,
)

LISTEN = """
import signal, socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
signal.pause()
"""


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def make_service(tmp_path: Path, script: str, **options: object) -> Service:
    [port] = free_ports(1)
    fields = {
        "name": "thing",
        "title": "The thing",
        "command": (sys.executable, "-c", script, str(port)),
        "port": port,
        "ready": lambda: tcp_accepts(port),
        "log": tmp_path / "logs" / "thing.log",
        **options,
    }
    return Service(**fields)  # type: ignore[arg-type]


def test_service_becomes_ready_and_stops(tmp_path: Path) -> None:
    process = ServiceProcess(make_service(tmp_path, LISTEN))
    wait_until_ready([process])
    assert process.id.alive()
    process.stop()
    assert not process.id.alive()
    assert not port_is_taken(process.service.port)
    assert process.service.log.read_text() == "listening\n"


def test_service_that_ends_shows_its_last_words(tmp_path: Path) -> None:
    process = ServiceProcess(make_service(tmp_path, "print('no such flag'); raise SystemExit(3)"))
    with pytest.raises(StackError, match=r"The thing stopped with status 3.\n  no such flag"):
        wait_until_ready([process])


def test_last_words_of_an_earlier_start_are_not_shown(tmp_path: Path) -> None:
    service = make_service(tmp_path, "raise SystemExit('new')")
    service.log.parent.mkdir()
    service.log.write_text("old\n")
    process = ServiceProcess(service)
    with pytest.raises(StackError) as caught:
        wait_until_ready([process])
    assert "new" in str(caught.value)
    assert "old" not in str(caught.value)


def test_service_that_stays_silent_is_given_up(tmp_path: Path) -> None:
    process = ServiceProcess(make_service(tmp_path, "import signal; signal.pause()", start_seconds=0.2))
    try:
        with pytest.raises(StackError, match="did not answer within"):
            wait_until_ready([process])
    finally:
        process.stop()


def test_taken_port_is_named(tmp_path: Path) -> None:
    service = make_service(tmp_path, LISTEN)
    with socket.create_server(("127.0.0.1", service.port)):
        assert port_is_taken(service.port)
        with pytest.raises(StackError, match=f"needs port {service.port}"):
            ServiceProcess(service)


def test_stop_takes_children_along_and_does_not_wait_for_the_deaf(tmp_path: Path) -> None:
    deaf = """
import signal, socket, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print(child.pid, flush=True)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
signal.pause()
"""
    process = ServiceProcess(make_service(tmp_path, deaf, stop_seconds=0.2))
    wait_until_ready([process])
    child = ProcessId.of(int(process.service.log.read_text()))
    process.stop()
    assert not process.id.alive()
    wait_for(lambda: not child.alive())


def test_aws_account_of_the_user_is_not_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    script = "import os; print({k: v for k, v in os.environ.items() if 'AWS' in k or 'PROXY' in k}); raise SystemExit"
    process = ServiceProcess(make_service(tmp_path, script, environment={"AWS_REGION": "ap-northeast-2"}))
    wait_for(process.exited)
    printed = eval(process.service.log.read_text())
    assert printed["AWS_REGION"] == "ap-northeast-2"
    assert "mine" not in printed.values()
    assert printed["NO_PROXY"] == "internal.example,127.0.0.1,localhost"


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_program_dies_with_its_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    grandchild = (
        f"import os, pathlib, signal; pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid())); signal.pause()"
    )
    parent = f"""
import signal, subprocess, sys
subprocess.Popen([sys.executable, "-IS", {str(GUARD)!r}, "15", "-1", "-1", sys.executable, "-c", {grandchild!r}])
signal.pause()
"""
    process = subprocess.Popen([sys.executable, "-c", parent])
    wait_for(lambda: pid_file.exists() and pid_file.read_text() != "")
    orphan = ProcessId.of(int(pid_file.read_text()))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_for(lambda: not orphan.alive())


def test_a_reused_pid_is_not_the_same_process() -> None:
    mine = ProcessId.of(os.getpid())
    assert mine.alive()
    assert not ProcessId(mine.pid, mine.started - 3600).alive()
    child = subprocess.Popen([sys.executable, "-c", ""])
    ended = ProcessId(child.pid, psutil.Process(child.pid).create_time())
    wait_for(lambda: not ended.alive())  # a zombie until waited for
    child.wait()
    assert not ended.alive()


def test_port_range_is_free() -> None:
    first = free_port_range(6)
    assert not any(port_is_taken(port) for port in range(first, first + 6))
