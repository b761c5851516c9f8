"""Cold start of each function, made as it ships: import and init, process to first `/next`, first invocation.

Needs a Python of Lambda's version. `START_BEFORE=COMMIT` also makes that commit's functions and draws what imports took
then and take now, package by package: `dist/start-imports.png`.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import start_chart
from benchmarks.figures import Figure, p50
from finq_local.bundle.interpreter import find_interpreter
from finq_local.bundle.trial import NOWHERE, Trial
from finq_local.functions import FunctionSpec, load_functions
from finq_local.gateway.runtime_api import RuntimeConnection
from finq_local.stack.layout import PROJECT

RUNS = 7
BARS = {"finkurn-chatbot": 1.2, "finkurn-backend-v4": 0.6}
BAR_OF_THE_OTHERS = {"zip": 0.4}
CHARTED = ("finkurn-chatbot", "finkurn-backend-v4", "finkurn-ws-message", "finkurn-api")
EVENT = {"requestContext": {"connectionId": "c"}, "httpMethod": "GET", "resource": "/api/health"}
# Imports the modules named; seconds, and MB of the process then.
IMPORTS = """
import importlib, json, sys, time
began = time.perf_counter()
for name in sys.argv[1:]:
    importlib.import_module(name)
seconds = time.perf_counter() - began
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # rusage counts the parent too
print(json.dumps([seconds, int(peak.split()[1]) / 1024]))
"""
# What the function's own modules import of others' at once.
OTHERS = """
import ast, importlib, json, sys
importlib.import_module(sys.argv[1])
trees = [ast.parse(open(m.__file__).read()) for n, m in [*sys.modules.items()] if n.split(".")[0] == "finq"]
nodes = [node for tree in trees for node in tree.body]
names = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
print(json.dumps(sorted(n for n in names if n.split(".")[0] not in {"finq", *sys.stdlib_module_names})))
"""


def run() -> Iterator[Figure]:
    """Seconds and MB by function, medians of several starts with compiled bytecode, in turns.

    `start.NAME` is import and init; `.packages` a plain import of the packages that its modules import, in the same
    run; `.ratio` the first by the second; `.first_next` from the start of the process.
    """
    functions = load_functions(PROJECT / "functions.yaml").functions
    python = find_interpreter()
    with TemporaryDirectory() as folder:
        made = {name: _Made(PROJECT, name, Path(folder, name), python) for name in functions}
        runtime = _dependencies(PROJECT, "runtime", Path(folder, "runtime"), python)
        if commit := os.environ.get("START_BEFORE"):
            earlier = _checkout(commit, Path(folder, "earlier"))
            before = {name: _Made(earlier, name, Path(folder, "before", name), python) for name in CHARTED}
            charted = {name: functions[name].handler.rpartition(".")[0] for name in CHARTED}
            path = start_chart.draw(
                {name: _import_times((before[name], made[name]), module) for name, module in charted.items()},
                PROJECT / "dist" / "start-imports.png",
            )
            print(f"chart: {path}", file=sys.stderr)
        for name, function in functions.items():
            yield from _measure(made[name], function, runtime)


def _measure(made: "_Made", function: FunctionSpec, runtime: Path) -> Iterator[Figure]:
    module = function.handler.rpartition(".")[0]
    others: list[str] = json.loads(made.python(OTHERS, module))
    starts, plain, nexts = [], [], []
    for _ in range(RUNS + 1):  # the first warms the page cache
        starts.append(json.loads(made.python(IMPORTS, module)))
        plain.append(json.loads(made.python(IMPORTS, *others))[0])
        nexts.append(asyncio.run(made.invoke(function, runtime)))
    seconds, packages = p50([start[0] for start in starts[1:]]), p50(plain[1:])
    figure = f"start.{function.name}"
    yield Figure(figure, seconds, "s", bar=BARS.get(function.name, BAR_OF_THE_OTHERS.get(function.package)))
    yield Figure(f"{figure}.packages", packages, "s")
    yield Figure(f"{figure}.ratio", seconds / packages, "times")
    yield Figure(f"{figure}.first_next", p50([first for first, _ in nexts[1:]]), "s")
    yield Figure(f"{figure}.first_invocation", p50([answer for _, answer in nexts[1:]]), "s")
    yield Figure(f"{figure}.memory", p50([start[1] for start in starts]), "MB", bar=function.memory)


def _import_times(made: tuple["_Made", "_Made"], module: str) -> list[dict[str, float]]:
    """Each one's import times; of several starts in turns, the quickest of each package."""
    starts = [[one.import_times(module) for one in made] for _ in range(RUNS)]
    return [{package: min(run[package] for run in runs) for package in runs[0]} for runs in zip(*starts, strict=True)]


class _Made:
    """A function's packages and code as a commit ships them, in a folder of their own."""

    def __init__(self, project: Path, name: str, folder: Path, python: str) -> None:
        self._python = python
        self._folder = folder
        _dependencies(project, name, folder, python)
        _bundle(project, python, "code", str(project), folder, "/code")

    def python(self, program: str, *arguments: str) -> str:
        """What `program` prints. `-S`: the interpreter's own packages are not the function's."""
        command = [self._python, "-S", "-c", program, *arguments]
        return subprocess.run(
            command, env=self._environment(), check=True, stdout=subprocess.PIPE, text=True
        ).stdout.splitlines()[-1]

    def import_times(self, module: str) -> dict[str, float]:
        """Milliseconds by package that `-X importtime` counts."""
        command = [self._python, "-S", "-X", "importtime", "-c", f"import {module}"]
        done = subprocess.run(command, env=self._environment(), check=True, capture_output=True, text=True)
        return start_chart.by_package(done.stderr)

    async def invoke(self, function: FunctionSpec, runtime: Path) -> tuple[float, float]:
        """Seconds from the start of the process to its first `/next`, and of an answer with nothing around it."""
        trial = Trial(function)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: RuntimeConnection(trial, max_response=2**22), "127.0.0.1", 0)
        environment = self._environment(runtime) | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.sockets[0].getsockname()[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        }
        command = [self._python, "-S", "-m", "awslambdaric", function.handler]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe, stderr=pipe)
        try:
            await trial.ready(process)
            began = loop.time()
            await trial.invoke(EVENT)
            return trial.seconds, loop.time() - began
        finally:
            process.kill()
            await process.wait()
            server.close()

    def _environment(self, *behind: Path) -> dict[str, str]:
        path = os.pathsep.join(map(str, (self._folder / "code", self._folder / "packages", *behind)))
        return NOWHERE | {"PYTHONPATH": path, "PATH": os.environ["PATH"], "HOME": str(self._folder)}


def _dependencies(project: Path, name: str, folder: Path, python: str) -> Path:
    """The packages of a lock file, as an image has them."""
    _bundle(project, python, "dependencies", str(project / "locks" / f"{name}.txt"), folder, "/packages")
    return folder / "packages"


def _bundle(project: Path, python: str, *arguments: str | Path) -> None:
    tools = Path(sys.executable).parent  # uv
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    command = [python, "-m", "finq_local.bundle", *map(str, arguments)]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def _checkout(commit: str, folder: Path) -> Path:
    """The sources, contract and locks of `commit`."""
    git = shutil.which("git") or "git"
    archive = subprocess.run(
        [git, "archive", commit, "src", "api", "locks"], cwd=PROJECT, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return folder
