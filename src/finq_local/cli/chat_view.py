"""How an answer is shown: as frames for programs, as text for people."""

import re
import sys
from typing import Any, Protocol

from rich.status import Status

from finq_local.cli.search import show
from finq_local.cli.terminal import err, notice, out

STAGES = {
    "routing": "질문을 살펴보고 있어요",
    "searching": "정책을 찾고 있어요",
    "web_search": "최근 소식을 찾고 있어요",
    "writing": "답을 쓰고 있어요",
}


LINK = re.compile(r"\[([^\[\]\n]+)\]\(policy:[0-9A-Za-z_-]+\)")
BEGUN_LINK = re.compile(r"\[[^\[\]\n]*(?:\](?:\([^()\n]*)?)?\Z")


class Links:
    """Shows a link to a policy as the policy's name, in text that arrives in pieces."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be shown by now; the beginning of a link is held back."""
        plain = LINK.sub(r"\1", self._held + text)
        begun = BEGUN_LINK.search(plain)
        end = begun.start() if begun else len(plain)
        self._held = plain[end:]
        return plain[:end]

    def rest(self) -> str:
        """What was held back and is no link after all."""
        held, self._held = self._held, ""
        return held


class View(Protocol):
    """Sees an answer arrive."""

    def frame(self, raw: str, frame: dict[str, Any]) -> None:
        """The next frame, as it came and parsed."""
        ...

    def reconnecting(self) -> None:
        """The connection was lost; another is being made."""
        ...


class FrameView:
    """Each frame on a line of its own, exactly as it came."""

    def frame(self, raw: str, frame: dict[str, Any]) -> None:
        """Print it."""
        print(raw, flush=True)  # noqa: T201

    def reconnecting(self) -> None:
        """Say so."""
        notice("Reconnecting …")


class TerminalView:
    """The answer as it is written, its stages before, its sources after."""

    def __init__(self) -> None:
        self._status: Status | None = None
        self._sources: list[dict[str, Any]] = []
        self._shown = ""
        self._links = Links()

    def frame(self, raw: str, frame: dict[str, Any]) -> None:
        """Show what it says."""
        match frame["type"]:
            case "ack":
                self._sources, self._shown = [], ""
            case "status":
                self._stage(STAGES.get(frame["stage"], frame["stage"]))
            case "sources":
                self._sources = frame["policies"]
            case "token":
                self._text(frame["text"], frame["offset"])
            case "done":
                self._end(frame)
            case "error":
                self._clear()
                err.print(f"{frame['message']} ({frame['code']})", style="red", markup=False)

    def reconnecting(self) -> None:
        """Say so."""
        self._stage("다시 연결하고 있어요")

    def _text(self, text: str, offset: int) -> None:
        self._clear()
        whole = self._shown[:offset] + text
        if self._shown.startswith(whole):  # said before: a repetition, or an answer started over in the same words
            return
        if whole.startswith(self._shown):
            text = whole[len(self._shown) :]
        else:
            self._links.rest()
            notice("\n(The answer was started over.)")
            text = whole
        self._shown = whole
        sys.stdout.write(self._links.feed(text))
        sys.stdout.flush()

    def _end(self, frame: dict[str, Any]) -> None:
        self._clear()
        if self._shown:
            sys.stdout.write(f"{self._links.rest()}\n")
            sys.stdout.flush()
        if self._sources:
            out.print("\n근거가 된 정책", style="bold")
            show(self._sources)
        if frame["stopped"]:
            notice("Stopped; what was said is stored.")
        usage = frame["usage"]
        tokens = f"{usage.get('input_tokens', 0)} + {usage.get('output_tokens', 0)} tokens"
        notice(f"\n{frame['model']}, {tokens}")

    def _stage(self, text: str) -> None:
        self._clear()
        if err.is_terminal:
            self._status = err.status(f"[dim]{text} …[/]")
            self._status.start()

    def _clear(self) -> None:
        if self._status:
            self._status.stop()
            self._status = None
