"""The sample policies: authored records whose dates follow the day they are loaded.

`data/sample/policies.jsonl` holds placeholders instead of dates. They count from the first day of the current month,
a few from the current week's Monday, so "open", "upcoming" and "closed" stay what they are on any day, while loading
again in the same week changes no record. `data/sample/README.md` describes them.
"""

import calendar
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

SAMPLE_FILE = Path(__file__).resolve().parents[2] / "data" / "sample" / "policies.jsonl"

_PLACEHOLDER = re.compile(r"\{(?P<unit>year|month|week)(?P<offset>[+-]\d+)?(?P<end>\.end)?(?::(?P<style>\w+))?\}")
_STYLES = {
    None: "{0:%Y%m%d}",
    "iso": "{0:%Y-%m-%d}",
    "dot": "{0.year}. {0.month}. {0.day}.",
    "kor": "{0.year}년 {0.month}월 {0.day}일",
    "ym": "{0.year}년 {0.month}월",
    "m": "{0.month}",
}


def records(today: date, path: Path = SAMPLE_FILE) -> Iterator[dict[str, str]]:
    """The native records as they would stand on `today`, in the file's order.

    Raises:
        FileNotFoundError: no sample file, as when FinQ runs from an installed package.
        ValueError: a line that is not a JSON object of strings, or a placeholder that does not exist.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield {key: render(value, today) for key, value in json.loads(line).items()}
            except (ValueError, AttributeError, TypeError) as error:
                raise ValueError(f"{path.name}, line {number}: {error}") from error


def render(text: str, today: date) -> str:
    """`text` with its placeholders filled in, e.g. `{month+1.end}` -> "20261231".

    Raises:
        ValueError: a brace that belongs to no known placeholder.
    """
    rendered = _PLACEHOLDER.sub(lambda found: _fill(found, today), text)
    if "{" in rendered or "}" in rendered:
        raise ValueError(f"unknown placeholder in {text!r}")
    return rendered


def _fill(found: re.Match[str], today: date) -> str:
    unit, offset, style = found["unit"], int(found["offset"] or 0), found["style"]
    if unit == "year" and not style and not found["end"]:
        return str(today.year + offset)
    if unit == "year" or style not in _STYLES or (unit == "week" and found["end"]):
        return found[0]
    if unit == "week":
        day = today - timedelta(days=today.weekday()) + timedelta(days=offset)
    else:
        day = _month(today, offset, last=bool(found["end"]))
    return _STYLES[style].format(day)


def _month(today: date, offset: int, *, last: bool) -> date:
    """First or last day of the month `offset` months from now."""
    year, month = divmod(today.year * 12 + today.month - 1 + offset, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1] if last else 1)
