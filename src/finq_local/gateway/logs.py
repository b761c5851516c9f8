"""What a function says, in the lines that Lambda writes to CloudWatch."""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

READ_SIZE = 64 * 1024
TAIL_BYTES = 4 * 1024  # what `X-Amz-Log-Type: Tail` returns

logger = logging.getLogger(__name__)


class Log(Protocol):
    """Where the lines of a function go."""

    def write(self, line: str) -> None:
        """Append one line, given without its end."""

    def close(self) -> None:
        """Nothing more comes."""


class FunctionLog:
    """`<folder>/<function>.log`: each line is `<UTC time> <line>`, as `aws logs tail` prints it."""

    def __init__(self, folder: Path, function: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / f"{function}.log").open("a", encoding="utf-8", buffering=1)

    def write(self, line: str) -> None:
        """Append one line."""
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._file.write(f"{stamp} {line}\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ForeignLog:
    """Our lines on a function whose processes something else runs, which has their output: START, END, REPORT."""

    def __init__(self, function: str) -> None:
        self._function = function

    def write(self, line: str) -> None:
        """Say the line in the gateway's own log."""
        logger.info("%s %s", self._function, line)

    def close(self) -> None:
        """Nothing to close."""


class OutputPipe:
    """A worker's stdout and stderr, cut into lines.

    The event loop reads it as output arrives; `drain` reads what is there now, so that everything a handler
    printed stands before the END line of its invocation.
    """

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._rest = b""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._reader, self.drain)
        self._closed = False

    def release_writer(self) -> None:
        """Close our copy of the writing end, once the child has its own or will never have one."""
        os.close(self.writer)

    def drain(self) -> None:
        """Pass on every whole line written so far."""
        while not self._closed:
            try:
                data = os.read(self._reader, READ_SIZE)
            except BlockingIOError:
                return
            if not data:
                self.close()
                return
            # awslambdaric separates the lines of a traceback by carriage returns.
            *lines, self._rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                self._on_line(line.decode("utf-8", "replace"))

    def close(self) -> None:
        """Pass on an unfinished line and stop reading."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._reader)
        os.close(self._reader)
        if self._rest:
            self._on_line(self._rest.decode("utf-8", "replace"))


def append_tail(tail: bytearray, line: str) -> None:
    """Keep the last `TAIL_BYTES` bytes of an invocation's log."""
    tail += line.encode() + b"\n"
    del tail[:-TAIL_BYTES]
