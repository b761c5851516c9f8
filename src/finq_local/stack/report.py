"""What runs and how it fares, gathered from outside."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from finq_local.stack import functions, state
from finq_local.stack.layout import COMPONENTS, PERMANENT, Layout
from finq_local.stack.probes import tcp_accepts
from finq_local.stack.service import ProcessId, StackError

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Component:
    """One component.

    Attributes:
        memory_mb: of it and its children, without what they share counted twice; 0 when it does not run.
    """

    name: str
    running: bool
    answers: bool
    port: int
    pid: int | None = None
    memory_mb: int = 0
    restarts: int = 0


@dataclass(frozen=True)
class Report:
    """A stack as it is now. `phase` is "stopped" when none runs."""

    home: str
    phase: str
    url: str | None = None
    components: tuple[Component, ...] = ()
    functions: dict[str, Any] = field(default_factory=dict)
    answered_by: str = ""

    @property
    def ready(self) -> bool:
        """Whether everything is up."""
        broken = any(function["state"] == "failed" for function in self.functions.values())
        return self.phase == "ready" and not broken and all(component.answers for component in self.components)


def current(home: Path) -> Report:
    """Look at the stack of `home`."""
    found = state.running(home)
    if found is None:
        return Report(str(home), "stopped")
    layout = found.layout(home)
    components = tuple(
        _component(name, found, layout)
        for name in COMPONENTS
        if name in found.processes or (found.phase == "starting" and name in PERMANENT)
    )
    try:
        status = functions.gateway_status(layout)["functions"]
    except StackError:
        status = {}
    return Report(str(home), found.phase, layout.url, components, status, found.answered_by)


def foreign(layout: Layout) -> Report:
    """Look at a stack that something else runs: its gateway tells of the functions, and nothing of the rest.

    A function without a worker counts as failed: nobody but what runs it can start one.
    """
    try:
        status = functions.gateway_status(layout)["functions"]
    except StackError:
        return Report(str(layout.home), "stopped", layout.url)
    for function in status.values():
        if function["state"] == "cold":
            function |= {"state": "failed", "last_error": "no worker has joined"}
    return Report(str(layout.home), "ready", layout.url, functions=status)


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON, with `ready`."""
    return {"ready": report.ready, **asdict(report)}


def _component(name: str, found: state.State, layout: Layout) -> Component:
    process = found.processes.get(name)
    running = process is not None and process.alive()
    port = layout.port(name)
    return Component(
        name=name,
        running=running,
        answers=running and tcp_accepts(port),
        port=port,
        pid=process.pid if process and running else None,
        memory_mb=memory_mb(process) if process and running else 0,
        restarts=found.restarts.get(name, 0),
    )


def memory_mb(process: ProcessId) -> int:
    """Memory of a process and its descendants: proportional share where the system tells it, else resident."""
    total = 0
    try:
        root = psutil.Process(process.pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for member in family:
        try:
            memory = member.memory_full_info()
            total += getattr(memory, "pss", 0) or memory.rss
        except psutil.AccessDenied:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return round(total / MEGABYTE)
