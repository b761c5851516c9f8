"""Stop a stack from outside, and delete what it left."""

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from finq_local.stack import state
from finq_local.stack.postgres import SPILL_ROOT
from finq_local.stack.service import StackError

STOP_SECONDS = 40


def stop(home: Path) -> bool:
    """Stop the stack of `home` and wait until it is gone; False when none runs.

    Raises:
        StackError: it does not stop.
    """
    found = state.running(home)
    if found is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(found.supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while found.alive:
        if time.monotonic() > deadline:
            raise StackError(
                f"The stack (process {found.supervisor.pid}) does not stop. See {home / 'logs'}, or kill that process."
            )
        time.sleep(0.05)
    return True


def purge(home: Path) -> None:
    """Delete the stack's folder and what lies outside it.

    Raises:
        StackError: `home` is there but is not a stack's folder.
    """
    found = state.load(home)
    if found is None:
        if home.exists() and any(home.iterdir()):
            raise StackError(f"{home} holds no stack of FinQ, so nothing was deleted.")
        return
    if found.spill:
        spill = Path(found.spill)
        # The path comes from a file: delete nothing but what we make.
        if spill.parent == SPILL_ROOT and spill.name.startswith("finq-"):
            shutil.rmtree(spill, ignore_errors=True)
    shutil.rmtree(home)
