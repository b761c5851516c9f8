"""Log files of a stack: the last lines, and those to come."""

import time
from collections import deque
from pathlib import Path
from typing import BinaryIO

from finq_local.stack.layout import Layout

POLL_SECONDS = 0.2


def names(layout: Layout) -> list[str]:
    """What has a log."""
    return sorted(path.stem for path in layout.logs.glob("*.log"))


def find(layout: Layout, name: str | None) -> list[Path]:
    """The log files of `name`, or all of them; empty when there are none."""
    return [layout.log(found) for found in names(layout) if name in (None, found)]


def show(files: list[Path], *, lines: int, follow: bool) -> None:
    """Print each file's last lines, then, when asked, new ones until Ctrl-C."""
    prefix = len(files) > 1
    opened = [(path.stem if prefix else "", path.open("rb")) for path in files]
    try:
        for name, file in opened:
            for line in deque(file, maxlen=lines):
                _print(name, line)
        while follow:
            news = [_print_new(name, file) for name, file in opened]
            if not any(news):
                time.sleep(POLL_SECONDS)
    finally:
        for _, file in opened:
            file.close()


def _print_new(name: str, file: BinaryIO) -> bool:
    """Print whole lines written since; whether there were any."""
    found = False
    while line := file.readline():
        if not line.endswith(b"\n"):  # still being written
            file.seek(-len(line), 1)
            break
        _print(name, line)
        found = True
    return found


def _print(name: str, line: bytes) -> None:
    text = line.decode("utf-8", "replace").rstrip("\n")
    print(f"{name} | {text}" if name else text, flush=True)  # noqa: T201
