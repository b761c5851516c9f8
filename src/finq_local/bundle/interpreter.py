"""Finds an interpreter of Lambda's version: bytecode is good for that one alone."""

import os
import subprocess
import sys
from pathlib import Path

from finq_local.bundle import PYTHON


class NoInterpreter(RuntimeError):
    """There is none. The message says what to do."""


def find_interpreter() -> str:
    """Path of a CPython of `bundle.PYTHON`: the running one, or one on PATH, or one of pyenv's.

    Raises:
        NoInterpreter
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [sys.executable, f"python{PYTHON}", *map(str, sorted(pyenv.glob(f"versions/{PYTHON}.*/bin/python")))]
    found = next(filter(_fits, candidates), None)
    if found is None:
        raise NoInterpreter(
            f"Python {PYTHON}, which Lambda runs, is needed to byte-compile: put python{PYTHON} on PATH"
        )
    return found


def _fits(python: str) -> bool:
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-SI", "-c", program], check=False, capture_output=True, text=True)
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == PYTHON
