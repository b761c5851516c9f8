"""The command line against the running system."""

import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest

from finq_local import sample
from finq_local.stack import background, shutdown, state
from finq_local.stack.layout import COMPONENTS, PERMANENT, Layout
from finq_local.stack.service import StackError, free_port_range, port_is_taken

QUESTION = "25살인데 청년 적금 추천해줘"


def frames(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def slow_model(stack) -> Iterator[None]:
    """A model that takes its time over each token."""
    faults = f"{stack.bedrock_url}/_standin/faults"
    httpx.put(faults, json={"first_token_ms": 0, "token_ms": 150}, trust_env=False).raise_for_status()
    yield
    httpx.delete(faults, trust_env=False).raise_for_status()


@pytest.mark.containers_too
def test_question_as_frames(stack) -> None:
    result = stack.finq("chat", QUESTION, "--age", "25", "--region", "서울", "--json")
    assert result.returncode == 0, result.stderr
    received = frames(result.stdout)
    assert received[0]["type"] == "ack"
    assert received[-1]["type"] == "done"
    assert {"status", "sources", "token"} <= {frame["type"] for frame in received}
    text = "".join(frame["text"] for frame in received if frame["type"] == "token")
    [sources] = [frame["policies"] for frame in received if frame["type"] == "sources"]
    assert any(policy["id"] in text for policy in sources)


def test_session_is_private_and_reused(stack) -> None:
    stack.finq("chat", "안녕")
    session = stack.session
    assert stat.S_IMODE(session.stat().st_mode) == 0o600
    again = stack.finq("chat", "안녕")
    assert again.returncode == 0
    assert "signing up" not in again.stderr


def test_expired_session_is_renewed_and_said_so(stack) -> None:
    stack.finq("chat", "안녕")
    session = stack.session
    content = json.loads(session.read_text())
    session.write_text(json.dumps({**content, "expires_at": 0}))
    result = stack.finq("search", "--limit", "1")
    assert result.returncode == 0, result.stderr
    assert "Renewing the session" in result.stderr
    assert json.loads(session.read_text())["expires_at"] > time.time()


def test_chat_goes_on_with_a_chat(stack) -> None:
    first = frames(stack.finq("chat", QUESTION, "--json").stdout)
    chat_id = first[0]["chat_id"]
    second = frames(stack.finq("chat", "첫 번째 정책의 서류는?", "--chat", chat_id, "--json").stdout)
    assert second[0]["chat_id"] == chat_id
    assert second[-1]["type"] == "done"


def test_refused_question_is_not_success(stack) -> None:
    result = stack.finq("chat", "x" * 4001, "--json")
    assert result.returncode == 1
    assert frames(result.stdout)[-1]["code"] == "MESSAGE_TOO_LONG"


def test_wrong_region_is_a_message(stack) -> None:
    result = stack.finq("chat", "안녕", "--region", "아틀란티스")
    assert result.returncode == 1
    assert "region" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_ctrl_c_stops_the_answer_and_keeps_what_was_said(stack, slow_model: None) -> None:
    command = [Path(sys.executable).with_name("finq"), "chat", QUESTION, "--age", "25", "--region", "서울", "--json"]
    with subprocess.Popen(command, env=stack.environment, stdout=subprocess.PIPE, text=True) as process:
        received: list[dict[str, Any]] = []
        for line in process.stdout:
            received.append(json.loads(line))
            if received[-1]["type"] == "token" and len(received) < 100:
                process.send_signal(signal.SIGINT)
                break
        received += [json.loads(line) for line in process.stdout]
    assert process.returncode == 130
    assert received[-1]["type"] == "done"
    assert received[-1]["stopped"] is True


def test_conversation_on_a_terminal(stack) -> None:
    controller, terminal = pty.openpty()
    command = [Path(sys.executable).with_name("finq"), "chat"]
    environment = {**stack.environment, "TERM": "xterm-256color"}
    process = subprocess.Popen(command, env=environment, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    seen = ""

    def read_until(text: str) -> None:
        nonlocal seen
        deadline = time.monotonic() + 60
        while text not in seen:
            ready, _, _ = select.select([controller], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"{text!r} did not appear in {seen!r}"
            seen += os.read(controller, 65536).decode(errors="replace")

    read_until("나>")
    os.write(controller, f"{QUESTION}\n".encode())
    read_until("근거가 된 정책")
    seen = seen[seen.index("근거가 된 정책") :]
    read_until("나>")
    os.write(controller, b"\x04")
    assert process.wait(30) == 0
    os.close(controller)


def test_search_prints_policies(stack) -> None:
    result = stack.finq("search", "월세", "--region", "부산", "--age", "25", "--limit", "5", "--json")
    assert result.returncode == 0, result.stderr
    policies = frames(result.stdout)
    assert 1 <= len(policies) <= 5
    assert all(policy["verdict"] != "not_eligible" for policy in policies)
    table = stack.finq("search", "월세", "--region", "부산", "--age", "25", "--limit", "5")
    assert policies[0]["id"] in table.stdout


def test_account_commands(stack) -> None:
    email, password = f"{uuid4().hex}@example.com", "Correct-horse-1!"
    assert stack.finq("signup", email, "--password", password).returncode == 0
    assert stack.finq("logout").returncode == 0
    wrong = stack.finq("login", email, "--password", "Wrong-horse-1!")
    assert wrong.returncode == 1
    assert "WRONG_CREDENTIALS" in wrong.stderr
    assert stack.finq("login", email, "--password", password).returncode == 0
    assert stack.finq("search", "--limit", "1").returncode == 0
    assert stack.finq("logout").returncode == 0
    assert not (stack.session).exists()


@pytest.mark.containers_too
def test_load_reports_what_it_did(stack, tmp_path: Path) -> None:
    record = next(sample.records(date(2026, 11, 1)))
    number = "20260101990000000001"
    (tmp_path / "good.json").write_text(json.dumps({**record, "plcyNo": number}, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "bad.json").write_text("{")
    result = stack.finq("load", str(tmp_path))
    assert result.returncode == 0, result.stderr
    rows = dict(line.split() for line in result.stdout.splitlines() if len(line.split()) == 2)
    assert rows["new"] == "1"
    assert rows["quarantined"] == "1"
    assert "policies/bad.json" in result.stdout
    again = stack.finq("load", str(tmp_path / "good.json"))
    assert "unchanged" in again.stdout
    assert stack.finq("load", str(tmp_path / "missing")).returncode == 1


@pytest.mark.only_on("embedded", reason="Docker shows what containers do")
def test_status_and_doctor_see_everything(stack) -> None:
    result = stack.finq("status", "--json")
    assert result.returncode == 0, result.stdout
    status = json.loads(result.stdout)
    assert status["ready"]
    assert [component["name"] for component in status["components"]] == list(PERMANENT)
    assert all(component["memory_mb"] > 0 for component in status["components"])
    assert "finkurn-chatbot" in stack.finq("status").stdout
    doctor = stack.finq("doctor")
    assert "rule-based stand-in" in doctor.stdout
    for component in PERMANENT:
        assert component in doctor.stdout


@pytest.mark.only_on("embedded", reason="Docker has the logs of containers")
def test_logs_of_a_function(stack) -> None:
    stack.finq("chat", "안녕")
    shown = stack.finq("logs", "finkurn-chatbot", "--lines", "200")
    assert shown.returncode == 0
    assert "REPORT RequestId" in shown.stdout
    assert "There are: " in stack.finq("logs", "finkurn-nonesuch").stderr


@pytest.mark.only_on("embedded", reason="finq starts no containers")
def test_up_twice_is_no_error(stack) -> None:
    result = stack.finq("up", "--detach")
    assert result.returncode == 0
    assert "FinQ is ready" in result.stdout


@pytest.mark.only_on("embedded", reason="Docker restarts containers")
def test_crashed_component_comes_back(stack) -> None:
    before = state.running(stack.layout.home)
    psutil.Process(before.processes["tavily"].pid).kill()
    wait_for(lambda: state.running(stack.layout.home).restarts.get("tavily", 0) == 1)
    after = state.running(stack.layout.home)
    assert after.processes["tavily"].alive()
    assert httpx.get(f"{stack.tavily_url}/_standin/health", trust_env=False).status_code == 200


@pytest.mark.only_on("embedded", reason="the supervisor does it; containers' pool is made by init")
def test_lost_user_pool_is_made_again(stack) -> None:
    before = state.running(stack.layout.home)
    emulator = psutil.Process(before.processes["aws"].pid)
    emulator.kill()  # no chance to save its state
    wait_for(lambda: state.running(stack.layout.home).restarts.get("aws", 0) == 1)
    assert state.running(stack.layout.home).pool != before.pool
    result = stack.finq("search", "--limit", "1")
    assert result.returncode == 0, result.stderr
    assert "signing up" in result.stderr


def test_nothing_outlives_a_killed_supervisor_and_data_does(tmp_path_factory: pytest.TempPathFactory) -> None:
    # Pytest's folders are private, so that as root PostgreSQL's data must lie elsewhere.
    home = tmp_path_factory.mktemp("finq")
    layout = Layout(home, free_port_range(len(COMPONENTS)))
    supervisor = background.start(layout, lambda event: None, with_sample=False)
    found = state.running(home)
    assert found is not None
    assert found.pool is not None
    supervisor.kill()
    supervisor.wait()
    wait_for(lambda: not any(process.alive() for process in found.processes.values()))

    supervisor = background.start(layout, lambda event: None, with_sample=False)
    again = state.running(home)
    assert again is not None
    with pytest.raises(StackError, match="starting or running already"):
        background.start(layout, lambda event: None, with_sample=False)
    assert shutdown.stop(home)
    assert supervisor.wait() == 0
    assert not any(port_is_taken(layout.port(name)) for name in COMPONENTS)

    # A clean stop has saved the emulator's state: the pool is the same at the next start.
    background.start(layout, lambda event: None, with_sample=False)
    last = state.running(home)
    assert last is not None
    assert last.pool == again.pool
    shutdown.stop(home)
    shutdown.purge(home)
    assert not home.exists()
    assert last.spill is None or not Path(last.spill).exists()


@pytest.mark.only_on("embedded", reason="Docker refuses taken ports")
def test_taken_port_stops_the_start_with_a_message(stack, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home", stack.layout.base_port)
    with pytest.raises(StackError, match="is in use by another program"):
        background.start(layout, lambda event: None)
