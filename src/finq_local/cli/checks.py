"""What `finq doctor` looks at."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from finq_local.stack import emulator, postgres, report
from finq_local.stack.layout import COMPONENTS, PROJECT, Layout
from finq_local.stack.service import StackError, port_is_taken

DISK_NEEDED_MB = 500
MEGABYTE = 1024 * 1024
SETUP = "make setup"


@dataclass(frozen=True)
class Check:
    """One finding. `remedy` is what to do, empty when nothing is to be done."""

    subject: str
    outcome: Literal["ok", "note", "bad"]
    found: str
    remedy: str = ""


def all_checks(layout: Layout) -> Iterator[Check]:
    """Every check, in the order in which problems are best solved."""
    yield _python()
    yield _packages()
    yield _emulator()
    yield _postgres(layout)
    yield _disk(layout)
    yield _docker()
    if layout.foreign:
        yield from _foreign(layout)
        return
    found = report.current(layout.home)
    if found.phase == "stopped":
        yield Check("stack", "note", f"does not run in {layout.home}", "finq up --detach")
        yield from _ports(layout)
        return
    yield Check("stack", "ok" if found.ready else "bad", f"{found.phase}, {found.url}, state in {found.home}")
    yield Check("answers", "ok", f"from {found.answered_by}")
    for component in found.components:
        where = f"port {component.port}, {component.memory_mb} MB"
        if component.answers:
            again = f", restarted {component.restarts} times" if component.restarts else ""
            yield Check(component.name, "note" if again else "ok", f"answers on {where}{again}")
        else:
            state = "runs but does not answer" if component.running else "does not run"
            yield Check(component.name, "bad", f"{state}, port {component.port}", f"finq logs {component.name}")
    for name, function in found.functions.items():
        if function["state"] == "failed":
            yield Check(name, "bad", str(function["last_error"]), f"finq logs {name}")


def _foreign(layout: Layout) -> Iterator[Check]:
    found = report.foreign(layout)
    if found.phase == "stopped":
        yield Check("stack", "bad", f"does not answer at {layout.url}", "docker compose ps --all")
        return
    yield Check("stack", "ok" if found.ready else "bad", f"answers at {layout.url}")
    for name, function in found.functions.items():
        workers = len(function["workers"])
        if function["state"] == "failed":
            yield Check(name, "bad", str(function["last_error"]), "docker compose ps --all")
        else:
            yield Check(name, "ok", f"{workers} worker{'s' if workers > 1 else ''}")


def _python() -> Check:
    found = f"{platform.python_version()} in {sys.prefix}"
    if sys.prefix == sys.base_prefix:
        return Check("Python", "note", f"{found} (not a virtual environment)", f"{SETUP}, then .venv/bin/finq")
    return Check("Python", "ok", found)


def _packages() -> Check:
    """Whether what the lock file names for this Python is installed, in those versions."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415

    wrong: list[str] = []
    count = 0
    for line in (PROJECT / "locks" / "dev.txt").read_text(encoding="utf-8").splitlines():
        if not line or line[0] in " #":
            continue
        try:
            requirement = Requirement(line.rstrip(" \\"))
        except InvalidRequirement:
            continue
        if requirement.marker and not requirement.marker.evaluate():
            continue
        count += 1
        try:
            if not requirement.specifier.contains(metadata.version(requirement.name), prereleases=True):
                wrong.append(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(requirement.name)
    if wrong:
        return Check("packages", "bad", f"{len(wrong)} missing or of another version: {', '.join(wrong[:5])}", SETUP)
    return Check("packages", "ok", f"{count} as locked")


def _emulator() -> Check:
    try:
        program = emulator.program()
    except StackError as error:
        return Check("AWS emulator", "bad", str(error), SETUP)
    script = "from importlib.metadata import version; print(version('ministack'))"
    result = subprocess.run([program, "-IS", "-c", script], capture_output=True, text=True, check=False, timeout=30)
    if result.returncode:
        result = subprocess.run([program, "-I", "-c", script], capture_output=True, text=True, check=False, timeout=30)
    if result.returncode:
        return Check("AWS emulator", "bad", f"does not start in {emulator.environment_folder()}", SETUP)
    return Check("AWS emulator", "ok", f"MiniStack {result.stdout.strip()} in {emulator.environment_folder()}")


def _postgres(layout: Layout) -> Check:
    try:
        binaries = postgres.installed_binaries()
    except StackError as error:
        return Check("PostgreSQL", "bad", str(error), SETUP)
    result = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=30
    )
    if result.returncode:
        return Check("PostgreSQL", "bad", result.stderr.strip() or "its binaries do not run here", SETUP)
    user = ""
    if os.geteuid() == 0:
        user = ", run as nobody because root may not"
        if not (layout.home.exists() and postgres.open_to_others(layout.home) and postgres.open_to_others(binaries)):
            user += f" (below {postgres.SPILL_ROOT} where nobody cannot reach {layout.home})"
    return Check("PostgreSQL", "ok", f"{result.stdout.strip()}{user}")


def _disk(layout: Layout) -> Check:
    folder = next(path for path in (layout.home, *layout.home.parents) if path.exists())
    free = shutil.disk_usage(folder).free // MEGABYTE
    if not os.access(folder, os.W_OK):
        return Check("disk", "bad", f"{folder} cannot be written", "Choose another folder: FINQ_HOME=…")
    if free < DISK_NEEDED_MB:
        return Check("disk", "bad", f"{free} MB free at {folder}", f"Make room: {DISK_NEEDED_MB} MB are needed.")
    return Check("disk", "ok", f"{free:,} MB free at {folder}")


def _docker() -> Check:
    docker = shutil.which("docker")
    if docker is None:
        return Check("Docker (optional)", "note", "not installed; only the container stack needs it")
    try:
        result = subprocess.run([docker, "info"], capture_output=True, check=False, timeout=10)
    except subprocess.TimeoutExpired:
        return Check("Docker (optional)", "note", "does not answer; only the container stack needs it")
    if result.returncode:
        return Check("Docker (optional)", "note", "is not running; only the container stack needs it")
    return Check("Docker (optional)", "ok", Path(docker).as_posix())


def _ports(layout: Layout) -> Iterator[Check]:
    taken = [f"{layout.port(name)} ({name})" for name in COMPONENTS if port_is_taken(layout.port(name))]
    if taken:
        other = layout.base_port + 1000
        yield Check("ports", "bad", f"in use: {', '.join(taken)}", f"FINQ_PORT={other} finq up")
    else:
        yield Check("ports", "ok", f"{layout.port(COMPONENTS[0])}-{layout.port(COMPONENTS[-1])} are free")
