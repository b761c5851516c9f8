"""PostgreSQL and Milvus from the images that `compose.yaml` names, each started once a session by testcontainers."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import yaml
from pymilvus import MilvusClient, MilvusException

from finq_local.stack.layout import PROJECT

SERVICES: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))["services"]
SECONDS = 120
USER, PASSWORD = "finq", "only-for-tests"


@dataclass(frozen=True)
class ContainerPostgres:
    """A PostgreSQL server in a container."""

    host: str
    port: int

    def conninfo(self, database: str = "postgres") -> str:
        return f"host={self.host} port={self.port} user={USER} password={PASSWORD} dbname={database} sslmode=disable"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}:{PASSWORD}@{self.host}:{self.port}/{database}?sslmode=disable"


def _container(service: str, port: int) -> Any:
    # Its helper that removes what a killed session leaves is one more image to fetch.
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    from testcontainers.core.container import DockerContainer

    return DockerContainer(SERVICES[service]["image"]).with_exposed_ports(port)


def _wait(works: Callable[[], object], error: type[Exception]) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            works()
            return
        except error:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.fixture(scope="session")
def container_postgres() -> Iterator[ContainerPostgres]:
    """The image's server, with `vector` to be had."""
    container = _container("postgres", 5432).with_env("POSTGRES_USER", USER).with_env("POSTGRES_PASSWORD", PASSWORD)
    with container as running:
        server = ContainerPostgres(running.get_container_host_ip(), int(running.get_exposed_port(5432)))
        _wait(lambda: psycopg.connect(server.conninfo(), connect_timeout=2).close(), psycopg.Error)
        yield server


@pytest.fixture(scope="session")
def container_milvus() -> Iterator[str]:
    """Milvus standalone, started as `compose.yaml` does."""
    service = SERVICES["milvus"]
    container = _container("milvus", 19530).with_command(service["command"])
    for name, value in service["environment"].items():
        container = container.with_env(name, value)
    with container as running:
        uri = f"http://{running.get_container_host_ip()}:{running.get_exposed_port(19530)}"
        _wait(lambda: MilvusClient(uri, timeout=5).list_collections(), MilvusException)
        yield uri
