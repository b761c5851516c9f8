"""The zips: small, the same from the same commit, and enough to run on."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from finq_local.bundle.trial import NOWHERE
from finq_local.bundle.zips import make_zips, zip_functions
from finq_local.stack.layout import PROJECT

FUNCTIONS = {function.name: function for function in zip_functions(PROJECT)}
BAR = 12e6  # bytes
# Not one of the small ones, and held here to what it is: docs/images.md.
BARS = {"finkurn-monitor-policies": 13.7e6}
PROGRAM = "import importlib, sys; sys.path.append(sys.argv[1]); importlib.import_module(sys.argv[2]).handler"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_size(zips, name):
    assert zips[name].stat().st_size < BARS.get(name, BAR)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_holds_all_that_its_handler_imports(zips, name, python312, tmp_path):
    with zipfile.ZipFile(zips[name]) as archive:
        archive.extractall(tmp_path)
    module = FUNCTIONS[name].handler.rpartition(".")[0]
    command = [python312, "-S", "-I", "-B", "-c", PROGRAM, str(tmp_path), module]
    done = subprocess.run(command, env=NOWHERE, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_holds_nothing_else(zips, name):
    with zipfile.ZipFile(zips[name]) as archive:
        names = archive.namelist()
    folders = {part for entry in names for part in entry.split("/")[:-1]}
    assert not folders & {"tests", "test", "finq_local", "awslambdaric", "pytest", "pip"}
    assert not [entry for entry in names if entry.endswith((".pyi", ".h", ".c"))]
    assert "api/openapi.yaml" in names
    compiled = {entry for entry in names if entry.endswith(".pyc")}
    ours = [entry for entry in names if entry.startswith("finq/") and entry.endswith(".py")]
    beside = {f"{path.parent}/__pycache__/{path.stem}.cpython-312.pyc" for path in map(Path, ours)}
    assert ours
    assert beside <= compiled


def test_the_same_commit_gives_the_same_bytes(zips, python312, tmp_path):
    # Another folder, other time stamps, other permissions, another order of writing.
    copy = tmp_path / "elsewhere" / "project"
    for part in ("src/finq", "api", "locks"):
        shutil.copytree(PROJECT / part, copy / part, copy_function=shutil.copyfile)
    shutil.copyfile(PROJECT / "functions.yaml", copy / "functions.yaml")
    for path in copy.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700)
    function = FUNCTIONS["finkurn-check-pgvector"]
    (again,) = make_zips(copy, [function], tmp_path / "out", python=python312)
    assert again.read_bytes() == zips[function.name].read_bytes()
