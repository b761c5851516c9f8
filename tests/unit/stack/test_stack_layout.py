"""Folders, ports and state of a stack."""

import stat
from pathlib import Path

import pytest

from finq_local.stack import shutdown, state
from finq_local.stack.layout import COMPONENTS, PROJECT, Layout
from finq_local.stack.postgres import open_to_others
from finq_local.stack.provision import UserPool
from finq_local.stack.service import ProcessId, StackError


def test_defaults() -> None:
    layout = Layout.from_environment({})
    assert layout.home == PROJECT / ".finq"
    assert (PROJECT / "functions.yaml").exists()
    assert layout.url == "http://127.0.0.1:8080"
    assert [layout.port(name) for name in COMPONENTS] == [8080, 8081, 8082, 8083, 8084, 8085, 8086]


def test_variables_make_a_stack_of_its_own(tmp_path: Path) -> None:
    layout = Layout.from_environment({"FINQ_HOME": str(tmp_path / "other"), "FINQ_PORT": "9100"})
    assert layout.home == tmp_path / "other"
    assert layout.port("aws") == 9103


@pytest.mark.parametrize("port", ["http", "80", "65535", "-1", "8080.5"])
def test_unusable_port_is_refused(port: str) -> None:
    with pytest.raises(StackError, match="FINQ_PORT must be a port"):
        Layout.from_environment({"FINQ_PORT": port})


def test_home_is_not_listed_by_others(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    layout.create()
    layout.create()
    assert stat.S_IMODE(layout.home.stat().st_mode) in (0o700, 0o711)
    assert stat.S_IMODE(layout.logs.stat().st_mode) == 0o700


def test_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="Choose another FINQ_HOME"):
        Layout(tmp_path / "file").create()


def test_open_to_others_looks_at_every_parent(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    for folder in (tmp_path / "a", inner):
        folder.chmod(0o755)
    (tmp_path / "a").chmod(0o700)
    assert not open_to_others(inner)


def test_state_survives_a_round_trip(tmp_path: Path) -> None:
    written = state.State(
        state.own_process(),
        9000,
        phase="ready",
        processes={"aws": ProcessId(1, 2.5)},
        restarts={"aws": 2},
        pool=UserPool("pool", "client"),
        spill="/var/tmp/finq-0",
        answered_by="rules",
    )
    written.save(tmp_path)
    assert state.load(tmp_path) == written
    assert state.running(tmp_path) == written


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"supervisor": 1}', "\x00\xff"])
def test_unreadable_state_is_no_state(tmp_path: Path, content: str) -> None:
    (tmp_path / "stack.json").write_text(content)
    assert state.load(tmp_path) is None
    assert state.running(tmp_path) is None


def test_state_of_a_dead_supervisor_is_not_running(tmp_path: Path) -> None:
    own = state.own_process()
    state.State(ProcessId(own.pid, own.started - 100), 9000).save(tmp_path)
    assert state.load(tmp_path) is not None
    assert state.running(tmp_path) is None
    assert not shutdown.stop(tmp_path)


def test_purge_deletes_only_a_stack(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(StackError, match="nothing was deleted"):
        shutdown.purge(tmp_path)
    assert (tmp_path / "thesis.txt").exists()
    shutdown.purge(tmp_path / "never-was")


def test_purge_follows_no_foreign_path(tmp_path: Path) -> None:
    home, precious = tmp_path / "home", tmp_path / "precious"
    home.mkdir()
    precious.mkdir()
    state.State(state.own_process(), 9000, spill=str(precious)).save(home)
    shutdown.purge(home)
    assert not home.exists()
    assert precious.exists()


@pytest.mark.parametrize("closed", ["home", "home/logs"])
def test_a_folder_that_cannot_be_written_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    layout = Layout(tmp_path / "home")
    layout.create()
    # Pretended: root, whom tests may run as, writes everywhere.
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path / closed)
    with pytest.raises(StackError, match=r"Permission denied.*Choose another FINQ_HOME"):
        layout.create()


def test_a_stack_that_something_else_runs() -> None:
    layout = Layout.from_environment({"FINQ_URL": "http://127.0.0.1:9090/"})
    assert (layout.url, layout.port("aws")) == ("http://127.0.0.1:9090", 9093)
    assert Layout.from_environment({"FINQ_URL": "", "FINQ_PORT": "9090"}).foreign is None


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://host", "http://", "http://host:port"])
def test_an_address_that_is_none_is_said(url: str) -> None:
    with pytest.raises(StackError, match="FINQ_URL must be an address"):
        Layout.from_environment({"FINQ_URL": url})
