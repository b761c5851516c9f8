"""Import and init of each function: a new interpreter until the handler is ready for its first event."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.figures import Figure, p50
from finq_local.functions import load_functions
from finq_local.stack.layout import PROJECT

RUNS = 7
BARS = {"finkurn-chatbot": 1.2, "finkurn-backend-v4": 0.6}
BAR_OF_THE_OTHERS = {"zip": 0.4}
# Nothing of this answers: init must not need the network.
ENVIRONMENT = {
    "AWS_REGION": "ap-northeast-2",
    "AWS_DEFAULT_REGION": "ap-northeast-2",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "FINQ_DATABASE_HOST": "127.0.0.1",
    "FINQ_USER_POOL_ID": "ap-northeast-2_x",
    "FINQ_USER_POOL_CLIENT_ID": "x",
    "FINQ_WEBSOCKET_ENDPOINT": "http://127.0.0.1:1",
    "FINQ_MILVUS_URI": "http://127.0.0.1:1",
}
PROGRAM = """
import importlib, json, resource, sys, time
began = time.perf_counter()
importlib.import_module(sys.argv[1])
print(json.dumps([time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def run() -> Iterator[Figure]:
    """Seconds and MB by function, the median of several starts with compiled bytecode."""
    for name, function in load_functions(PROJECT / "functions.yaml").functions.items():
        module = function.handler.rpartition(".")[0]
        _start(module)  # writes the bytecode
        starts = [_start(module) for _ in range(RUNS)]
        bar = BARS.get(name, BAR_OF_THE_OTHERS.get(function.package))
        yield Figure(f"start.{name}", p50([seconds for seconds, _ in starts]), "s", bar=bar)
        yield Figure(f"start.{name}.memory", p50([megabytes for _, megabytes in starts]), "MB", bar=function.memory)


def _start(module: str) -> tuple[float, float]:
    environment = {**os.environ, **ENVIRONMENT}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    output = subprocess.run(
        [sys.executable, "-c", PROGRAM, module], env=environment, check=True, capture_output=True, text=True
    ).stdout
    seconds, megabytes = json.loads(output)
    return seconds, megabytes
