"""The list that the stand-in pages through, and how it changes."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from finq.clock import KOREA
from finq_local import sample

Record = dict[str, Any]
# Parameters that search in a field of their own name.
SEARCHED = ("plcyNo", "plcyNm", "plcyExplnCn", "plcyKywdNm", "zipCd", "lclsfNm", "mclsfNm")


class Change(BaseModel):
    """Records to put (those with a new number come first in the list) and numbers to withdraw.

    With `after_calls`, once so many more pages were asked for.
    """

    model_config = ConfigDict(extra="forbid")

    put: list[Record] = []
    withdraw: list[str] = []
    after_calls: int = Field(0, ge=0)


class Listing:
    """The records in order. Used from one event loop only, so nothing is locked."""

    def __init__(self, path: Path | None) -> None:
        """Read `path`, or the sample policies.

        Raises:
            OSError, ValueError: there is no such file, or a line of it is no record.
        """
        self._initial = _read(path) if path else list(sample.records(datetime.now(KOREA).date()))
        self.reset()

    def reset(self) -> None:
        """Go back to the start."""
        self._records = list(self._initial)
        self._waiting: list[Change] = []

    def change(self, change: Change) -> None:
        """Apply a change, now or later."""
        if change.after_calls:
            self._waiting.append(change)
            return
        gone = set(change.withdraw)
        changed = {_number(record): record for record in change.put}
        kept = [changed.pop(_number(one), one) for one in self._records if _number(one) not in gone]
        self._records = [*changed.values(), *kept]

    def called(self) -> None:
        """Count a page that is asked for: changes that waited for it come first."""
        for change in list(self._waiting):
            change.after_calls -= 1
            if change.after_calls == 0:
                self._waiting.remove(change)
                self.change(change)

    def matching(self, search: Mapping[str, str]) -> list[Record]:
        """Records whose fields contain what is searched for; all of them for an empty search."""
        wanted = {name: value for name in SEARCHED if (value := search.get(name))}
        return [one for one in self._records if all(part in str(one.get(name)) for name, part in wanted.items())]


def _number(record: Record) -> str:
    return str(record.get("plcyNo"))


def _read(path: Path) -> list[Record]:
    return list(_records(path.read_text(encoding="utf-8").split("\n")))


def _records(lines: list[str]) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError(f"line {number} is not a JSON object")
            yield record
