"""What is known of a running stack, in `stack.json` of its home: written by the supervisor, read by all."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from finq_local.stack.layout import Layout
from finq_local.stack.provision import UserPool
from finq_local.stack.service import ProcessId

Phase = Literal["starting", "ready", "stopping"]


@dataclass
class State:
    """One start of a stack.

    Attributes:
        supervisor: the process that keeps the others.
        processes: the components that were started, by name.
        restarts: how often each had to be started again.
        spill: folder outside the home that belongs to the stack, if there is one.
        answered_by: who is behind the model's endpoint, for people.
    """

    supervisor: ProcessId
    base_port: int
    phase: Phase = "starting"
    processes: dict[str, ProcessId] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    pool: UserPool | None = None
    spill: str | None = None
    answered_by: str = ""

    def save(self, home: Path) -> None:
        """Write it, so that a reader sees the old or the new state and nothing between."""
        partial = home / "stack.json.partial"
        partial.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        partial.replace(home / "stack.json")

    @property
    def alive(self) -> bool:
        """Whether the supervisor still runs."""
        return self.supervisor.alive()

    def layout(self, home: Path) -> Layout:
        """Folders and ports of the stack as it was started."""
        return Layout(home, self.base_port)


def load(home: Path) -> State | None:
    """The last state saved in `home`, of a stack that may be gone; None where there is none or it is unreadable."""
    try:
        raw = json.loads((home / "stack.json").read_text(encoding="utf-8"))
        return State(
            supervisor=ProcessId(**raw["supervisor"]),
            base_port=raw["base_port"],
            phase=raw["phase"],
            processes={name: ProcessId(**value) for name, value in raw["processes"].items()},
            restarts=raw["restarts"],
            pool=UserPool(**raw["pool"]) if raw["pool"] else None,
            spill=raw["spill"],
            answered_by=raw["answered_by"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def running(home: Path) -> State | None:
    """The state of the stack that runs in `home` now."""
    state = load(home)
    return state if state and state.alive else None


def own_process() -> ProcessId:
    """This process."""
    return ProcessId.of(os.getpid())
