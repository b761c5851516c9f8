"""What is in the images, and what is not."""

import json
import subprocess

import pytest

from finq_local.stack.layout import PROJECT

BASE = "python:3.12-slim-bookworm"
BARS = {"chatbot": 260e6, "backend": 110e6, "etl": 260e6}  # bytes on top of the base image
IMAGES = [*BARS, "zip"]

# Lists files that our layers brought and that have no place there.
LOOK = """
import importlib.util, json, pathlib
places = [pathlib.Path("/usr/local/lib/python3.12/site-packages"), pathlib.Path("/var/task")]
files = [f for place in places for f in place.rglob("*") if "/pip" not in str(f)]
sources = [f for f in files if f.suffix == ".py"]
print(json.dumps({
    "tests": [str(f) for f in files if f.is_dir() and f.name in {"tests", "test"}],
    "stubs": [str(f) for f in files if f.suffix in {".pyi", ".h", ".c", ".pyx"}],
    "not compiled": [str(f) for f in sources
                     if not pathlib.Path(importlib.util.cache_from_source(str(f))).exists()],
    "checked against its source": [str(f) for f in files if f.suffix == ".pyc" and f.read_bytes()[4] != 1],
    "writable": [str(f) for f in files if f.stat().st_mode & 0o022],
    "left behind": [str(f) for folder in ("/tmp", "/build", "/image", "/var/tmp")
                    if pathlib.Path(folder).is_dir() for f in pathlib.Path(folder).iterdir()],
    "compilers": [name for folder in ("/usr/bin", "/usr/local/bin") for name in ("gcc", "cc", "g++", "rustc", "uv")
                  if pathlib.Path(folder, name).exists()],
    "local stack": [str(f) for f in files if f.name == "finq_local"],
}))
"""


def inspect(image: str) -> dict[str, object]:
    output = subprocess.run(["docker", "image", "inspect", image], check=True, capture_output=True).stdout
    found: dict[str, object] = json.loads(output)[0]
    return found


@pytest.mark.parametrize("name", BARS)
def test_size_on_top_of_the_base(build, name):
    assert inspect(build(name))["Size"] - inspect(BASE)["Size"] < BARS[name]


@pytest.mark.parametrize("name", IMAGES)
def test_user_and_labels(build, name):
    config = inspect(build(name))["Config"]
    assert config["User"] not in {"", "0", "root"}
    assert {"title", "description", "licenses", "revision"} <= {key.rpartition(".")[2] for key in config["Labels"]}


@pytest.mark.parametrize("name", IMAGES)
def test_nothing_is_left_of_the_build(build, name):
    command = ["docker", "run", "--rm", "--read-only", "--entrypoint", "python", build(name), "-c", LOOK]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert {what: files[:5] for what, files in found.items() if files} == {}


def test_layers_are_the_same_when_built_anew(build):
    command = ["docker", "build", "--quiet", "--no-cache", "--file", "images/backend/Dockerfile", "."]
    again = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.strip()
    assert inspect(again)["RootFS"] == inspect(build("backend"))["RootFS"]
