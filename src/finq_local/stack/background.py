"""A supervisor in the background: started, and followed until its stack is ready."""

import json
import os
import signal
import subprocess
import sys

from finq_local.stack.layout import Layout
from finq_local.stack.service import GUARD, StackError
from finq_local.stack.supervisor import Event, Listener


def start(layout: Layout, listen: Listener, *, with_sample: bool = True, outlive: bool = True) -> subprocess.Popen[str]:
    """Start a supervisor and return once its stack is ready.

    Args:
        listen: is told of each step.
        outlive: whether it stays when this process ends.

    Raises:
        StackError: the stack did not come up; nothing is left running.
        KeyboardInterrupt: Ctrl-C; nothing is left running either.
    """
    layout.create()
    guard = [] if outlive else [sys.executable, "-IS", str(GUARD), str(int(signal.SIGTERM)), "-1", "-1"]
    arguments = [] if with_sample else ["--no-sample"]
    with layout.log("supervisor").open("ab") as log:
        supervisor = subprocess.Popen(
            [*guard, sys.executable, "-m", "finq_local.stack", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd="/",
            env={**os.environ, "FINQ_HOME": str(layout.home), "FINQ_PORT": str(layout.base_port)},
            start_new_session=True,
        )
    try:
        outcome = _follow(supervisor, listen)
    except BaseException:
        supervisor.terminate()
        supervisor.wait()
        raise
    if outcome is None or outcome.outcome != "ready":
        supervisor.wait()
        raise StackError(outcome.detail if outcome else f"The supervisor ended. See {layout.log('supervisor')}")
    return supervisor


def _follow(supervisor: subprocess.Popen[str], listen: Listener) -> Event | None:
    """Pass on events; the last word on the stack as a whole, or None when there was none."""
    assert supervisor.stdout is not None  # noqa: S101 -- it is a pipe
    outcome: Event | None = None
    with supervisor.stdout as lines:  # it closes its end when there is nothing more to say
        for line in lines:
            event = Event(**json.loads(line))
            listen(event)
            if event.subject == "stack":
                outcome = event
    return outcome
