"""Each function gets by with its own dependency group: what its package will hold is all it imports."""

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from finq_local.bundle.trial import NOWHERE
from finq_local.functions import load_functions
from finq_local.stack.layout import PROJECT

FUNCTIONS = load_functions(PROJECT / "functions.yaml").functions
# Imports a module as its package will: what is not in the function's lock is not there.
PROGRAM = """
import importlib, json, sys
missing = set(json.load(sys.stdin))

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
importlib.import_module(sys.argv[1])
"""


def locked(function: str) -> set[str]:
    """Distributions of the function's lock file, names normalised."""
    text = (PROJECT / "locks" / f"{function}.txt").read_text(encoding="utf-8")
    return {name.lower().replace("_", "-") for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_nothing_outside_its_group(function: str) -> None:
    module = FUNCTIONS[function].handler.rpartition(".")[0]
    packed = locked(function)
    absent = ["finq_local"] + [
        name
        for name, distributions in packages_distributions().items()
        if not packed & {one.lower().replace("_", "-") for one in distributions}
    ]
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, module],
        env=NOWHERE | {"PATH": str(Path(sys.executable).parent)},
        input=json.dumps(absent),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_every_lock_pins_what_the_laptop_runs() -> None:
    pin = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
    laptop = set(pin.findall((PROJECT / "locks" / "dev.txt").read_text(encoding="utf-8")))
    for function in FUNCTIONS:
        pins = set(pin.findall((PROJECT / "locks" / f"{function}.txt").read_text(encoding="utf-8")))
        assert pins - laptop == set(), function
