"""The images and the zips as they are built; without Docker, or Python 3.12 for the zips, their tests are skipped."""

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from finq_local.bundle.interpreter import NoInterpreter, find_interpreter
from finq_local.bundle.zips import make_zips, zip_functions
from finq_local.stack.layout import PROJECT

BASE = "python:3.12-slim-bookworm"
Build = Callable[[str], str]


@pytest.fixture(scope="session")
def build() -> Build:
    """Builds the image under `images/NAME`, once, and gives its tag."""
    try:
        subprocess.run(["docker", "info"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no Docker engine answers: `docker info` fails")

    @cache
    def built(name: str) -> str:
        tag = f"finq-{name}:test"
        command = ["docker", "build", "--quiet", "--file", f"images/{name}/Dockerfile", "--tag", tag, "."]
        built = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
        assert built.returncode == 0, built.stderr
        return tag

    return built


@pytest.fixture(scope="session")
def python312() -> str:
    """An interpreter of Lambda's version on this machine."""
    try:
        return find_interpreter()
    except NoInterpreter as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def zips(python312: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every zip by its function's name."""
    made = make_zips(PROJECT, zip_functions(PROJECT), tmp_path_factory.mktemp("zips"), python=python312)
    return {path.stem: path for path in made}
