"""PostgreSQL where its user cannot reach our folders, and across restarts."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from finq_local.stack import postgres
from finq_local.stack.service import ServiceProcess, free_ports, wait_until_ready


@pytest.fixture
def private_home(tmp_path: Path) -> Iterator[Path]:
    """A state folder that only its owner may enter."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    yield home
    if os.geteuid() == 0 and (spill := postgres.locate(home, 1).spill):
        shutil.rmtree(spill)


def run(cluster: postgres.Postgres, log: Path, statement: str) -> object:
    """Start the server, run one statement, stop it."""
    process = ServiceProcess(cluster.service(log))
    try:
        wait_until_ready([process])
        with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        process.stop()


def test_data_survives_a_restart_in_a_private_folder(private_home: Path, tmp_path: Path) -> None:
    [port] = free_ports(1)
    cluster = postgres.locate(private_home, port)
    cluster.create_cluster()
    assert stat.S_IMODE(cluster.password_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
    run(cluster, tmp_path / "postgres.log", "CREATE TABLE kept AS SELECT 7 AS n")
    again = postgres.locate(private_home, port)
    again.create_cluster()
    assert run(again, tmp_path / "postgres.log", "SELECT n FROM kept") == (7,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_programs_are_copied_when_the_environment_is_private(
    private_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "open_to_others", lambda path: False)
    [port] = free_ports(1)
    cluster = postgres.locate(private_home, port)
    assert cluster.spill is not None
    assert cluster.binaries.is_relative_to(cluster.spill)
    assert cluster.data.is_relative_to(cluster.spill)
    assert stat.S_IMODE(cluster.spill.stat().st_mode) == 0o700
    cluster.create_cluster()
    run(cluster, tmp_path / "postgres.log", "CREATE EXTENSION vector")
    distance = run(cluster, tmp_path / "postgres.log", "SELECT '[1,0]'::vector <=> '[1,0]'::vector")
    assert distance == (0.0,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_folder_of_somebody_else_is_refused(
    private_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "SPILL_ROOT", tmp_path)
    spill = postgres.locate(private_home, 1).spill
    assert spill is not None
    os.chown(spill, 12345, 12345)
    with pytest.raises(postgres.StackError, match="belongs to somebody else"):
        postgres.locate(private_home, 1)
    os.chown(spill, 0, 0)


def test_interrupted_initdb_is_started_over(private_home: Path) -> None:
    cluster = postgres.locate(private_home, free_ports(1)[0])
    cluster.data.mkdir(parents=True)
    (cluster.data / "half").touch()
    cluster.create_cluster()
    assert (cluster.data / "PG_VERSION").exists()
    assert not (cluster.data / "half").exists()
