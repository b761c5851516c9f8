"""The workflows: pinned, with as few rights as they need, and none of them lent to a stranger's code."""

import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from finq_local.stack.layout import PROJECT

FILES = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$")
# What a stranger may write: titles, branches, bodies, inputs. In a script they are code; in `env` they are text.
EXPRESSION_IN_SCRIPT = re.compile(r"\$\{\{")


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["on"] = document.pop(True)  # YAML 1.1 takes `on` for a truth
    return document


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def path(request) -> Path:
    return request.param


def test_actions_are_pinned_by_commit_with_their_version(path) -> None:
    used = re.findall(r"uses: (\S.*)", path.read_text(encoding="utf-8"))
    loose = [name for name in used if not name.startswith("./") and not PINNED.match(name)]
    assert not loose


def test_one_action_has_one_commit() -> None:
    used = {name for file in FILES for name in re.findall(r"uses: ([\w./-]+@[0-9a-f]{40})", file.read_text())}
    assert len({name.partition("@")[0] for name in used}) == len(used)


def test_rights_are_read_alone_unless_a_job_says_more(path) -> None:
    document = read(path)
    assert document["permissions"] == {"contents": "read"}
    for name, job in document["jobs"].items():
        more = {right for right, kind in job.get("permissions", {}).items() if kind == "write"}
        assert more <= {"id-token", "pull-requests"}, name


def test_every_job_ends_and_runs_once_at_a_time(path) -> None:
    document = read(path)
    assert "pull_request_target" not in document["on"]
    for name, job in document["jobs"].items():
        assert "uses" in job or job["timeout-minutes"] <= 75, name
        assert "concurrency" in document or "concurrency" in job or "workflow_call" in document["on"], name
    if "workflow_call" in document["on"]:
        assert all("concurrency" in job for job in document["jobs"].values())


def test_scripts_hold_no_expressions_and_checkouts_no_token(path) -> None:
    for job in read(path)["jobs"].values():
        for step in job.get("steps", ()):
            assert not EXPRESSION_IN_SCRIPT.search(step.get("run", "")), step
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_whoever_gets_credentials_is_one_of_us() -> None:
    for file in FILES:
        document = read(file)
        for name, job in document["jobs"].items():
            if job.get("permissions", {}).get("id-token") != "write" or "workflow_call" in document["on"]:
                continue
            if "workflow_dispatch" in document["on"] or "needs" in job:
                continue  # people with write access, or what the first job let pass
            assert "full_name == github.repository" in job["if"], (file.name, name)


def actionlint(*files: Path) -> subprocess.CompletedProcess[str]:
    """With shellcheck for the scripts inside; both come from the lock file of dev."""
    programs = Path(sysconfig.get_path("scripts"))
    command = [programs / "actionlint", "-shellcheck", programs / "shellcheck", *files]
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)


def test_actionlint_finds_nothing() -> None:
    found = actionlint(*FILES)
    assert found.returncode == 0, found.stdout + found.stderr


def test_actionlint_looks_into_scripts(tmp_path) -> None:
    file = tmp_path / "ci.yml"
    job = {"runs-on": "ubuntu-24.04", "steps": [{"run": "rm $1"}]}
    file.write_text(yaml.safe_dump({"on": "push", "jobs": {"check": job}}))
    found = actionlint(file)
    assert found.returncode == 1
    assert "SC2086" in found.stdout
