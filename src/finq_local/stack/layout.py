"""Where a stack keeps things and which ports it uses. Two variables make it a stack of its own.

FINQ_HOME  folder of its state and logs; default: `.finq` in the project
FINQ_PORT  the gateway's port; default 8080. The components use the following ones
FINQ_URL   the gateway of a stack that something else runs (containers), instead of one of ours
"""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from finq_local.stack.service import StackError

PROJECT = Path(__file__).parents[3]
DEFAULT_PORT = 8080
PERMANENT = ("gateway", "postgres", "milvus", "aws", "bedrock", "tavily")
COMPONENTS = (*PERMANENT, "openapi")  # the last one runs only while `finq collect` needs it


@dataclass(frozen=True)
class Layout:
    """Folders and ports of one stack."""

    home: Path
    base_port: int = DEFAULT_PORT
    foreign: str | None = None  # FINQ_URL

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Layout":
        """The stack that FINQ_HOME and FINQ_PORT name, or FINQ_URL.

        Raises:
            StackError: FINQ_PORT is not a usable port, or FINQ_URL not a usable address.
        """
        source = os.environ if environment is None else environment
        home = Path(source.get("FINQ_HOME") or PROJECT / ".finq").expanduser().absolute()
        foreign = (source.get("FINQ_URL") or "").rstrip("/") or None
        text = source.get("FINQ_PORT") or (_port(foreign) if foreign else str(DEFAULT_PORT))
        highest = 65535 - len(COMPONENTS)
        if not text.isdecimal() or not 1024 <= int(text) <= highest:
            raise StackError(f"FINQ_PORT must be a port from 1024 to {highest}, not {text!r}.")
        return cls(home, int(text), foreign)

    def port(self, component: str) -> int:
        """The component's port."""
        return self.base_port + COMPONENTS.index(component)

    def log(self, component: str) -> Path:
        """The component's log file."""
        return self.logs / f"{component}.log"

    @property
    def logs(self) -> Path:
        """Folder of log files."""
        return self.home / "logs"

    @property
    def url(self) -> str:
        """The gateway: REST, WebSocket and web app."""
        return self.foreign or f"http://127.0.0.1:{self.port('gateway')}"

    def create(self) -> None:
        """Make the folders. As root, others may pass through `home` (PostgreSQL's user must) but not list it.

        Raises:
            StackError: a file stands where the folder should be, or it cannot be written.
        """
        try:
            if not self.home.exists():
                self.home.mkdir(parents=True)
                self.home.chmod(0o711 if os.geteuid() == 0 else 0o700)
            for folder in (self.logs, self.home / "aws"):
                folder.mkdir(mode=0o700, exist_ok=True)
            for folder in (self.home, self.logs):
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise StackError(f"{self.home} cannot be used ({error.strerror}). Choose another FINQ_HOME.") from error


def _port(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        parts, port = urlsplit(""), DEFAULT_PORT
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StackError(f"FINQ_URL must be an address like http://127.0.0.1:{DEFAULT_PORT}, not {url!r}.")
    return str(port)
