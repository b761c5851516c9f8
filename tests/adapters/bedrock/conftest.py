"""The stand-ins as processes of their own, as the stack starts them, spoken to by the real clients."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from finq_local.stack import models
from finq_local.stack.service import Service


@dataclass(frozen=True)
class StandIn:
    """A running Bedrock stand-in."""

    url: str
    log: Path

    def client(self) -> Any:
        """boto3 without retries, so that a test sees each error."""
        return boto3.client(
            "bedrock-runtime",
            endpoint_url=self.url,
            region_name="ap-northeast-2",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
        )

    def calls(self) -> dict[str, Any]:
        return httpx.get(f"{self.url}/_standin/calls").json()

    def faults(self, **body: Any) -> httpx.Response:
        return httpx.put(f"{self.url}/_standin/faults", json=body)

    def reset(self) -> None:
        httpx.delete(f"{self.url}/_standin/faults").raise_for_status()
        httpx.delete(f"{self.url}/_standin/calls").raise_for_status()


StartStandIn = Callable[..., StandIn]


@pytest.fixture(scope="session")
def start_standin(start_service: Callable[[Callable[..., Service]], int], component_home: Path) -> StartStandIn:
    """Start a Bedrock stand-in with the given variables; its embeddings are cached in this session's folder."""

    def start(**variables: str) -> StandIn:
        logs: list[Path] = []

        def describe(home: Path, port: int, log: Path) -> Service:
            logs.append(log)
            service = models.bedrock(home, port, log)
            cache = {"FINQ_EMBEDDING_CACHE": str(component_home / "embeddings")}
            return replace(service, environment={**service.environment, **cache, **variables})

        port = start_service(describe)
        return StandIn(f"http://127.0.0.1:{port}", logs[0])

    return start


@pytest.fixture(scope="session")
def shared_standin(start_standin: StartStandIn) -> StandIn:
    return start_standin(FINQ_BEDROCK_RECORD="1")


@pytest.fixture
def standin(shared_standin: StandIn) -> StandIn:
    """The shared one, without faults and with counters at zero."""
    shared_standin.reset()
    return shared_standin


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Waits for a condition and returns its first true value."""

    def wait(condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 15
        while not (value := condition()):
            assert time.monotonic() < deadline, "condition not met in time"
        return value

    return wait
