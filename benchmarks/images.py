"""The images: size on top of the base, what takes it, and each function's start from `docker run`.

Needs Docker. Layers and the largest packages go to stderr, as a table for people.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.figures import Figure, p50
from finq_local.bundle.trial import NOWHERE, running
from finq_local.functions import Functions, FunctionSpec, load_functions
from finq_local.stack.layout import PROJECT

RUNS = 5
BASE = "python:3.12-slim-bookworm"
BARS = {"chatbot": 260, "backend": 110, "etl": 260}  # MB
# Every package with what it brings beside its folder: libraries, metadata; sizes in bytes.
PACKAGES = """
import json, pathlib, sys
from importlib.metadata import distributions
sizes = {}
for d in distributions(path=sys.argv[1:]):
    if d.name == "pip":  # the base image's
        continue
    tops = {pathlib.Path(d.locate_file(f.parts[0])) for f in d.files or () if f.parts[0] not in {"..", "bin"}}
    files = {f for top in tops for f in (top.rglob("*") if top.is_dir() else [top]) if f.is_file()}
    sizes[d.name] = sum(f.stat().st_size for f in files)
print(json.dumps(sizes))
"""


def run() -> Iterator[Figure]:
    """MB on top of the base by image; seconds to the first `/next` and of the first invocation by function."""
    functions = load_functions(PROJECT / "functions.yaml")
    for image in sorted({function.package for function in functions.functions.values()}):
        subprocess.run(
            ["docker", "build", "--quiet", "--file", f"images/{image}/Dockerfile", "--tag", _tag(image), "."],
            cwd=PROJECT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        size = (_size(_tag(image)) - _size(BASE)) / 1e6
        yield Figure(f"images.{image}.size", size, "MB", bar=BARS.get(image))
        _tell(image, functions)
    for name, function in functions.functions.items():
        starts = [asyncio.run(_start(function)) for _ in range(RUNS)]
        yield Figure(f"images.{name}.first_next", p50([start for start, _ in starts]), "s")
        yield Figure(f"images.{name}.first_invocation", p50([first for _, first in starts]), "s")


async def _start(function: FunctionSpec) -> tuple[float, float]:
    """Seconds from `docker run` to the first `/next`, and of an invocation that finds nothing around it."""
    async with running(_tag(function.package), function, NOWHERE) as trial:
        began = asyncio.get_running_loop().time()
        await trial.invoke({"requestContext": {"connectionId": "c"}, "httpMethod": "GET", "resource": "/api/health"})
        return trial.seconds, asyncio.get_running_loop().time() - began


def _tell(image: str, functions: Functions) -> None:
    print(f"\nfinq-{image}, layers on top of {BASE}:", file=sys.stderr)
    history = _docker("history", "--no-trunc", "--format", "{{json .}}", _tag(image)).splitlines()
    base = len(_docker("history", "--quiet", BASE).splitlines())
    for layer in (json.loads(line) for line in reversed(history[:-base])):
        if layer["Size"] != "0B":
            print(f"  {layer['Size']:>8}  {layer['CreatedBy'][:60]}", file=sys.stderr)
    places = ["/usr/local/lib/python3.12/site-packages"]
    if image == "zip":
        places = [f"/var/task/{name}" for name, function in functions.functions.items() if function.package == image]
    program = _docker("run", "--rm", "--entrypoint", "python", _tag(image), "-c", PACKAGES, *places)
    sizes: dict[str, Any] = json.loads(program)
    for package, size in sorted(sizes.items(), key=lambda item: -item[1])[:10]:
        print(f"  {size / 1e6:6.1f} MB  {package}", file=sys.stderr)


def _tag(image: str) -> str:
    return f"finq-{image}:benchmark"


def _size(image: str) -> int:
    return int(_docker("image", "inspect", "--format", "{{.Size}}", image))


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout
