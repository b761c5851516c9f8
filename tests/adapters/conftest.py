"""Real components for adapter tests: each started on first use, once a session, on a free port."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import psycopg
import pytest
from adapter_containers import container_milvus, container_postgres
from psycopg import sql

from finq import aws as finq_aws
from finq import migrations, settings
from finq.database import Database
from finq_local.stack import emulator, models, vectors
from finq_local.stack.postgres import Postgres, locate
from finq_local.stack.provision import UserPool, client, provision
from finq_local.stack.service import Service, ServiceProcess, free_ports, wait_until_ready

__all__ = ["container_milvus", "container_postgres"]

StartService = Callable[[Callable[[Path, int, Path], Service]], int]
TEMPLATE = "finq_template"


@dataclass(frozen=True)
class Aws:
    """The AWS emulator with buckets, secrets and a user pool in it."""

    port: int
    pool: UserPool
    environment: dict[str, str]  # what a function's process needs to reach it

    def client(self, service: str) -> Any:
        return client(service, self.port)


@pytest.fixture(scope="session")
def component_home() -> Iterator[Path]:
    """State of this session's components. Not pytest's own folder: PostgreSQL's user must get into it."""
    home = Path(tempfile.mkdtemp(prefix="finq-tests-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def start_service(component_home: Path) -> Iterator[StartService]:
    """Start what a function `(home, port, log) -> Service` describes; returns its port once it answers."""
    with ExitStack() as running:

        def start(describe: Callable[[Path, int, Path], Service]) -> int:
            [port] = free_ports(1)
            service = describe(component_home, port, component_home / f"{uuid4()}.log")
            service.folder.mkdir(exist_ok=True)
            process = ServiceProcess(service)
            running.callback(process.stop)
            wait_until_ready([process])
            return port

        yield start


class Server(Protocol):
    """A PostgreSQL server."""

    def conninfo(self, database: str = "postgres") -> str:
        """libpq connection string."""

    def url(self, database: str = "postgres") -> str:
        """The same as a URL."""


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Server:
    """PostgreSQL with a migrated template database: embedded, or the public image with --containers."""
    chosen = "container_postgres" if request.config.getoption("--containers") else "embedded_postgres"
    server: Server = request.getfixturevalue(chosen)
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    migrations.apply(server.url(TEMPLATE))
    return server


@pytest.fixture(scope="session")
def embedded_postgres(component_home: Path, start_service: StartService) -> Postgres:
    """The server of the stack of processes."""
    clusters: list[Postgres] = []

    def describe(home: Path, port: int, log: Path) -> Service:
        cluster = locate(home, port)
        cluster.create_cluster()
        clusters.append(cluster)
        return cluster.service(log)

    start_service(describe)
    [cluster] = clusters
    return cluster


@pytest.fixture(scope="module")
def postgres_url(postgres: Server) -> Iterator[str]:
    """URL of a migrated database of this test module's own."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
        )
        # As migration 0009 has it; a copy does not inherit that.
        connection.execute(sql.SQL("ALTER DATABASE {} SET timezone TO 'Asia/Seoul'").format(sql.Identifier(name)))
        yield postgres.url(name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def empty_postgres_url(postgres: Server) -> Iterator[Callable[[], str]]:
    """Makes a database without a schema at each call, for tests of migrations."""
    names: list[str] = []
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:

        def make() -> str:
            name = f"empty_{uuid4().hex}"
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            names.append(name)
            return postgres.url(name)

        yield make
        for name in names:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """The product's database access on this module's database, its tables emptied."""
    _empty_tables(postgres_url)
    database = Database(lambda: postgres_url)
    yield database
    database.close()


def _empty_tables(url: str) -> None:
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^_?yoyo'"
        ).fetchall()
        names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in tables)
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))


@pytest.fixture(scope="session")
def milvus_uri(request: pytest.FixtureRequest, start_service: StartService) -> str:
    """Milvus Lite, or Milvus standalone with --containers; choose a collection name of your own."""
    if request.config.getoption("--containers"):
        uri: str = request.getfixturevalue("container_milvus")
        return uri
    return vectors.url(start_service(vectors.service))


@pytest.fixture(scope="session")
def aws(start_service: StartService) -> Aws:
    """The AWS emulator. For code that reads the environment use `aws_environment` as well."""
    port = start_service(emulator.service)
    pool = provision(port, {"finkurn/tavily": {"api_key": "tvly-local"}})
    environment = {
        **emulator.endpoints(port),
        "FINQ_USER_POOL_ID": pool.pool_id,
        "FINQ_USER_POOL_CLIENT_ID": pool.client_id,
        "FINQ_JWKS_URL": emulator.jwks_url(port, pool.pool_id),
    }
    return Aws(port, pool, environment)


@pytest.fixture
def aws_environment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """`aws`, with this process's environment pointing at it and cached clients and settings dropped."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield aws
    _forget()


def _forget() -> None:
    settings.load.cache_clear()
    finq_aws.client.cache_clear()
    finq_aws.secret.cache_clear()


@pytest.fixture(scope="session")
def bedrock(start_service: StartService) -> str:
    """Endpoint of the Bedrock stand-in."""
    return f"http://127.0.0.1:{start_service(models.bedrock)}"


@pytest.fixture(scope="session")
def tavily(start_service: StartService) -> str:
    """Base URL of the Tavily stand-in."""
    return f"http://127.0.0.1:{start_service(models.tavily)}"
