"""Workers that something else starts (containers): they join over the Runtime API, one connection each."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from gateway_harness import PROJECT, Running, free_ports, wait_until

from finq_local.functions import load_functions
from finq_local.gateway.runtime_ports import open_ports
from finq_local.gateway.settings import GatewaySettings

FUNCTIONS = {"brief": 1, "once": 3, "broken": 5, "container": 6}  # place in functions.yaml

Start = Callable[..., subprocess.Popen[bytes]]


def payload(reply):
    return json.load(reply["Payload"])


def workers(gateway: Running, function: str = "container"):
    return gateway.status()["functions"][function]["workers"]


class Runtime:
    """A runtime that answers its calls by hand."""

    def __init__(self, gateway: Running) -> None:
        self.port = gateway.settings.runtime_port_base + FUNCTIONS["container"]
        self.connect()

    def connect(self) -> None:
        self.http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.http.connect()

    def next(self) -> str:
        """Wait for a call; its request id."""
        self.http.request("GET", "/2018-06-01/runtime/invocation/next")
        response = self.http.getresponse()
        response.read()
        return response.headers["Lambda-Runtime-Aws-Request-Id"]

    def respond(self, request_id: str) -> int:
        self.http.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", body=b'"done"')
        response = self.http.getresponse()
        response.read()
        return response.status


@pytest.fixture
def start(gateway_with) -> Iterator[tuple[Running, Start]]:
    """A gateway that starts nothing itself, and what starts a worker for it."""
    gateway = gateway_with(runtime_port_base=free_ports(20), external=("*",), limits={"queue": 20})
    processes: list[subprocess.Popen[bytes]] = []

    def start(function: str = "container", handler: str = "gateway_handlers.behave") -> subprocess.Popen[bytes]:
        environment = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{gateway.settings.runtime_port_base + FUNCTIONS[function]}",
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "FINQ_TEST_RECORDS": str(gateway.records),
        }
        process = subprocess.Popen([sys.executable, "-m", "awslambdaric", handler], cwd=PROJECT, env=environment)
        processes.append(process)
        return process

    yield gateway, start
    for process in processes:
        process.kill()
        process.wait()


def test_workers_serve_their_function_all_at_once(start):
    gateway, worker = start
    pids = {worker().pid for _ in range(3)}
    wait_until(lambda: len(workers(gateway)) == 3)
    assert gateway.status()["functions"]["container"]["state"] == "ready"
    with ThreadPoolExecutor(3) as threads:
        replies = list(threads.map(lambda _: gateway.invoke("container", {"do": "sleep", "seconds": 1}), range(3)))
    assert {payload(reply)["pid"] for reply in replies} == pids
    peers = {worker["peer"] for worker in workers(gateway)}
    assert len(peers) == 3
    assert all(peer.startswith("127.0.0.1:") for peer in peers)


def test_the_gateway_keeps_neither_their_logs_nor_figures_it_cannot_know(start, caplog):
    gateway, worker = start
    caplog.set_level("INFO", "finq_local.gateway.logs")
    worker()
    reply = gateway.invoke("container", {}, LogType="Tail")
    [report] = [r.getMessage() for r in caplog.records if "REPORT" in r.getMessage()]
    assert report.startswith(f"container REPORT RequestId: {reply['ResponseMetadata']['RequestId']}\tDuration:")
    assert "Init Duration" not in report
    assert "Max Memory Used" not in report
    assert workers(gateway)[0]["init_ms"] is None
    assert not gateway.settings.home.exists()


def test_a_call_waits_for_a_worker_that_is_yet_to_come(start):
    gateway, worker = start
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(gateway.invoke, "container", {"n": 1})
        worker()
        assert payload(waiting.result())["echo"] == {"n": 1}


def test_a_killed_worker_fails_its_call_at_once_and_another_takes_its_place(start):
    gateway, worker = start
    first = worker()
    assert payload(gateway.invoke("container", {}))["pid"] == first.pid
    crashed = payload(gateway.invoke("container", {"do": "kill"}))
    assert crashed["errorType"] == "Runtime.ExitError"
    wait_until(lambda: workers(gateway) == [])
    second = worker()
    assert payload(gateway.invoke("container", {}))["pid"] == second.pid


def test_a_killed_idle_worker_gets_no_call(start):
    gateway, worker = start
    first, second = worker(), worker()
    wait_until(lambda: len(workers(gateway)) == 2)
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: len(workers(gateway)) == 1)
    assert {payload(gateway.invoke("container", {}))["pid"] for _ in range(3)} == {second.pid}


def test_a_worker_past_its_time_is_given_up_and_ends_with_its_handler(start):
    gateway, worker = start
    process = worker("brief")
    reply = payload(gateway.invoke("brief", {"do": "sleep", "seconds": 2.5}))
    assert reply["errorType"] == "Sandbox.Timedout"
    wait_until(lambda: workers(gateway, "brief") == [])
    wait_until(lambda: process.poll() is not None or workers(gateway, "brief"))
    if process.poll() is not None:  # what runs containers starts it again
        worker("brief")
    assert payload(gateway.invoke("brief", {}))["echo"] == {}


def test_a_handler_that_cannot_be_imported_fails_what_waits_for_it(start):
    gateway, worker = start
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(gateway.invoke, "broken", {})
        while not waiting.done():  # what runs containers starts it again and again
            assert worker("broken", "broken_import.handler").wait(20) != 0
        assert payload(waiting.result())["errorType"].startswith("Runtime.")
    assert gateway.status()["functions"]["broken"]["state"] == "failed"


@pytest.mark.parametrize("back", [True, False])
def test_a_connection_may_be_made_anew_after_a_long_call(gateway_with, back):
    """libcurl does so after 118 s."""
    limits = {"queue": 20, "runtime_idle": 0, "runtime_reconnect": 20 if back else 0.2}
    gateway = gateway_with(runtime_port_base=free_ports(20), external=("*",), limits=limits)
    runtime = Runtime(gateway)
    with ThreadPoolExecutor(1) as threads:
        calling = threads.submit(gateway.invoke, "container", {})
        request_id = runtime.next()
        runtime.http.close()
        if back:
            runtime.connect()
            assert runtime.respond(request_id) == 202
            assert payload(calling.result()) == "done"
            assert workers(gateway) == []
            calling = threads.submit(gateway.invoke, "container", {})
            assert runtime.respond(runtime.next()) == 202
            assert payload(calling.result()) == "done"
        else:
            assert payload(calling.result())["errorType"] == "Runtime.ExitError"
            runtime.connect()
            assert runtime.respond(request_id) == 400


def test_a_worker_that_is_there_before_the_gateway_waits_for_it(gateway_with):
    settings = {"functions": PROJECT / "functions.yaml", "runtime_port_base": free_ports(20), "external": ("*",)}
    ports = open_ports(load_functions(settings["functions"]), GatewaySettings(**settings))
    port = settings["runtime_port_base"] + FUNCTIONS["container"]
    with ThreadPoolExecutor(1) as threads, socket.create_connection(("127.0.0.1", port), timeout=20) as early:
        early.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: gateway\r\n\r\n")
        gateway = gateway_with(ports=ports, **settings)
        wait_until(lambda: [worker["state"] for worker in workers(gateway)] == ["idle"])
        calling = threads.submit(gateway.invoke, "container", {"hello": "world"})
        assert b'{"hello": "world"}' in early.recv(65536)
    assert payload(calling.result())["errorType"] == "Runtime.ExitError"  # it hung up without an answer


def test_a_machine_that_goes_silent_is_asked_for_a_sign_of_life(start):
    gateway, worker = start
    worker()
    wait_until(lambda: workers(gateway))
    port = gateway.settings.runtime_port_base + FUNCTIONS["container"]
    timers = subprocess.run(["ss", "-tnoH", f"sport = :{port}"], capture_output=True, text=True, check=False)
    if timers.returncode:
        pytest.skip("no `ss` here to see the connection's timer")
    assert "keepalive" in timers.stdout
    with socket.create_connection(("127.0.0.1", port)):  # a stranger that never asks for work is no worker
        assert len(workers(gateway)) == 1
