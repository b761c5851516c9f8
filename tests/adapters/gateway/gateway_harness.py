"""Runs a real gateway in a thread of its own, with small handlers in real awslambdaric processes."""

import asyncio
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import jwt
from botocore.config import Config

from finq.errors import Unauthorized
from finq_local.gateway.app import create_app
from finq_local.gateway.server import create_server
from finq_local.gateway.settings import GatewaySettings, Limits

PROJECT = Path(__file__).parent / "project"
SECRET = "only-for-these-tests-0123456789abcdef"

# Short enough to be met in a test. A function's own timeout is its specification's.
LIMITS = Limits(rest_body=100_000, queue=1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_ports(count: int) -> int:
    """The first of `count` free ports in a row."""
    while True:
        first = random.randrange(20_000, 30_000)
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue


def wait_until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """The condition's value as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"never became true: {condition}")
        time.sleep(0.01)
    return value


def verify(token: str) -> object:
    """Stands where Cognito's verifier does: another key, the same refusals."""
    try:
        return jwt.decode(token, SECRET, algorithms=["HS256"], options={"require": ["exp", "sub"]})
    except jwt.PyJWTError:
        raise Unauthorized from None


def token(**claims: Any) -> str:
    return jwt.encode({"sub": "user-1", "exp": int(time.time()) + 60, **claims}, SECRET, algorithm="HS256")


@dataclass
class Running:
    """Where a gateway is, and what its functions saw."""

    settings: GatewaySettings
    records: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30)

    def client(self, service: str, **overrides: Any) -> Any:
        options = {
            "endpoint_url": self.url,
            "region_name": "ap-northeast-2",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(retries={"total_max_attempts": 1}, read_timeout=30),
        }
        return boto3.client(service, **options | overrides)

    def invoke(self, name: str, event: Any, **more: Any) -> dict[str, Any]:
        return self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **more)

    def status(self) -> dict[str, Any]:
        return httpx.get(f"{self.url}/_finq/status").json()

    def seen(self, name: str) -> list[dict[str, Any]]:
        path = self.records / f"{name}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def log(self, name: str) -> str:
        return (self.settings.home / "logs" / f"{name}.log").read_text()


def run(
    folder: Path, limits: Limits, ports: dict[str, socket.socket] | None = None, **settings: Any
) -> Iterator[Running]:
    """A gateway until the generator is closed."""
    records = folder / "records"
    records.mkdir()
    options = {
        "port": free_port(),
        "home": folder / "home",
        "contract": PROJECT / "openapi.yaml",
        "functions": PROJECT / "functions.yaml",
        "task_root": PROJECT,
        "web_origin": "https://app.example.com",
        "retry_delays": (0.1, 0.2),
        "warm": (),
    }
    configured = GatewaySettings(**options | settings)
    source = {
        "FINQ_TEST_RECORDS": str(records),
        "FINQ_NOT_LISTED": "x",
        "AWS_ENDPOINT_URL_S3": "http://s3",
        "PATH": "/bin",
    }
    app = create_app(configured, limits=limits, verify=verify, source=source, ports=ports)
    server = create_server(app, configured, limits)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive())
    assert server.started
    yield Running(configured, records)
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()
