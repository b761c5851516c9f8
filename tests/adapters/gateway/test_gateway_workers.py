"""Processes: started on demand, killed at the timeout, replaced after a crash, never more than may be."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psutil
import pytest
from gateway_harness import PROJECT, Running, free_port, wait_until


def payload(reply):
    return json.load(reply["Payload"])


def test_a_timeout_kills_the_process_and_the_next_call_gets_a_new_one(gateway: Running):
    before = payload(gateway.invoke("brief", {}))["pid"]
    started = time.monotonic()
    reply = gateway.invoke("brief", {"do": "sleep", "seconds": 20})
    assert time.monotonic() - started < 5
    request_id = reply["ResponseMetadata"]["RequestId"]
    assert reply["FunctionError"] == "Unhandled"
    assert payload(reply) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 1.00 seconds",
    }
    assert f"Z {request_id} Task timed out after 1.00 seconds" in gateway.log("brief")
    wait_until(lambda: not psutil.pid_exists(before))
    assert payload(gateway.invoke("brief", {}))["pid"] != before


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"do": "exit", "status": 3}, "Runtime exited with error: exit status 3"),
        ({"do": "exit", "status": 0}, "Runtime exited without providing a reason"),
        ({"do": "kill"}, "Runtime exited with error: signal: killed"),
    ],
)
def test_a_crash_is_the_result_and_the_next_call_succeeds(gateway: Running, event, told):
    reply = gateway.invoke("behave", event)
    request_id = reply["ResponseMetadata"]["RequestId"]
    assert reply["FunctionError"] == "Unhandled"
    assert payload(reply) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: {told}",
    }
    assert payload(gateway.invoke("behave", {}))["echo"] == {}


def test_a_killed_idle_process_is_not_noticed_by_callers(gateway: Running):
    pid = payload(gateway.invoke("behave", {}))["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: pid not in [worker["pid"] for worker in gateway.status()["functions"]["behave"]["workers"]])
    assert payload(gateway.invoke("behave", {}))["pid"] != pid


def test_concurrency_is_used_and_not_exceeded(gateway_with):
    gateway = gateway_with(limits={"queue": 20})
    with ThreadPoolExecutor(6) as threads:
        replies = list(threads.map(lambda _: gateway.invoke("behave", {"do": "sleep", "seconds": 0.3}), range(6)))
    assert len({payload(reply)["pid"] for reply in replies}) == 2
    assert len(gateway.status()["functions"]["behave"]["workers"]) == 2


def test_too_many_requests_after_a_short_wait(gateway: Running):
    gateway.invoke("brief", {})
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(1))
        busy = [threads.submit(gateway.invoke, "container", {})]
        client = gateway.client("lambda")
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.invoke(FunctionName="container")  # nobody serves it
        with pytest.raises(client.exceptions.TooManyRequestsException):
            busy[0].result()


def test_status_tells_what_each_function_does(gateway: Running):
    gateway.invoke("behave", {})
    function = gateway.status()["functions"]["behave"]
    assert function["state"] == "ready"
    assert (function["memory"], function["timeout"]) == (128, 30)
    worker = max(function["workers"], key=lambda worker: worker["invocations"])
    assert worker["init_ms"] > 0
    assert 5 < worker["max_memory_mb"] < 128
    assert psutil.Process(worker["pid"]).cmdline()[1:3] == ["-m", "awslambdaric"]


def test_memory_over_the_functions_size_is_warned_of_once(gateway_with, caplog):
    gateway = gateway_with()
    for _ in range(2):
        assert payload(gateway.invoke("brief", {"do": "eat", "mb": 150})) == 150 * 2**20
    [worker] = gateway.status()["functions"]["brief"]["workers"]
    assert worker["max_memory_mb"] > 150
    assert [r.getMessage() for r in caplog.records if "MB of" in r.getMessage()] == [
        f"brief used {worker['max_memory_mb']} MB of 128 MB"
    ]


def test_warm_functions_start_by_themselves_and_come_back(gateway_with):
    gateway = gateway_with(warm=("behave",))
    wait_until(lambda: gateway.status()["ready"])
    [worker] = gateway.status()["functions"]["behave"]["workers"]
    assert gateway.status()["functions"]["brief"]["state"] == "cold"
    os.kill(worker["pid"], signal.SIGKILL)

    def replaced():
        workers = gateway.status()["functions"]["behave"]["workers"]
        return [other["pid"] for other in workers if other["state"] == "idle"] not in ([], [worker["pid"]])

    wait_until(replaced)


def test_idle_workers_beyond_the_first_are_stopped(gateway_with):
    gateway = gateway_with(limits={"idle_worker": 0.2, "queue": 20})
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: gateway.invoke("behave", {"do": "sleep", "seconds": 0.5}), range(2)))
    wait_until(lambda: len(gateway.status()["functions"]["behave"]["workers"]) == 1)


@pytest.fixture
def started(tmp_path):
    """The gateway as its own program, with one warm worker; the process and the worker's pid."""
    environment = {
        "PATH": os.environ["PATH"],
        "FINQ_PORT": str(port := free_port()),
        "FINQ_HOME": str(tmp_path),
        "FINQ_CONTRACT": str(PROJECT / "openapi.yaml"),
        "FINQ_FUNCTIONS": str(PROJECT / "functions.yaml"),
        "FINQ_TASK_ROOT": str(PROJECT),
        "FINQ_WARM": "behave",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "finq_local.gateway"], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process, wait_until(lambda: idle_worker(port))
    finally:
        process.kill()
        process.communicate()


def idle_worker(port):
    import httpx

    try:
        status = httpx.get(f"http://127.0.0.1:{port}/_finq/status").json()
    except httpx.TransportError:
        return None
    return status["ready"] and status["functions"]["behave"]["workers"][0]["pid"]


def test_sigterm_ends_the_gateway_and_its_workers(started):
    process, worker = started
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGTERM), log
    wait_until(lambda: not psutil.pid_exists(worker))
    assert re.search(r"access GET /_finq/status 200 [\d.]+ ms", log)
    assert "Traceback" not in log


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker ends when it next polls")
def test_workers_die_with_a_killed_gateway(started):
    process, worker = started
    process.kill()
    wait_until(lambda: not psutil.pid_exists(worker))


def test_wrong_settings_are_told_in_a_line(tmp_path):
    environment = {"PATH": os.environ["PATH"], "FINQ_FUNCTIONS": str(tmp_path / "none.yaml")}
    command = [sys.executable, "-m", "finq_local.gateway"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "none.yaml" in result.stderr
    assert "Traceback" not in result.stderr
