"""The command line without a stack: it answers quickly and says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FINQ = Path(sys.executable).with_name("finq")


def finq(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FINQ_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run([FINQ, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "arguments",
    [
        ("chat", "안녕"),
        ("search", "월세"),
        ("load", "."),
        ("login", "a@example.com", "--password", "x"),
        ("signup", "a@example.com", "--password", "x"),
        ("logout",),
        ("logs", "--follow"),
    ],
)
def test_without_a_stack_it_names_finq_up(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = finq(tmp_path, *arguments)
    assert result.returncode == 1
    assert "finq up" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_status_and_down_without_a_stack(tmp_path: Path) -> None:
    status = finq(tmp_path, "status", "--json")
    assert status.returncode == 1
    assert '"phase": "stopped"' in status.stdout
    assert finq(tmp_path, "down").returncode == 0
    assert "No stack runs" in finq(tmp_path, "status").stdout


def test_logs_without_logs(tmp_path: Path) -> None:
    result = finq(tmp_path, "logs", "finkurn-chatbot")
    assert result.returncode == 1
    assert "There is no log of finkurn-chatbot" in result.stderr


def test_doctor_names_a_taken_port(tmp_path: Path) -> None:
    import socket

    from finq_local.stack.layout import COMPONENTS
    from finq_local.stack.service import free_port_range

    base = free_port_range(len(COMPONENTS))
    with socket.create_server(("127.0.0.1", base + 2)):
        environment = {**os.environ, "FINQ_HOME": str(tmp_path), "FINQ_PORT": str(base), "NO_COLOR": "1"}
        result = subprocess.run(
            [FINQ, "doctor"], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
    assert result.returncode == 1
    assert f"in use: {base + 2} (milvus)" in result.stdout


def test_help_imports_nothing_heavy() -> None:
    heavy = ("boto3", "botocore", "psycopg", "httpx", "websockets", "pydantic", "finq_local.stack.supervisor")
    script = f"import sys, finq_local.cli.main; print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == "[]"
