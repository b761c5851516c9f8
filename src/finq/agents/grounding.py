"""Finds amounts, ages, dates and percentages of an answer that nothing it was given contains."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from finq.policies.won import AMOUNT, NUMBER, won

Kind = Literal["amount", "age", "percent", "date"]

_BARE_AMOUNT = re.compile(rf"{NUMBER}\s*(?:억|천만|백만|만)(?!\s*[원\d천백]|\s*\d)")
_AGE_RANGE = re.compile(r"(\d{1,3})\s*세?\s*[~∼～-]\s*(?:만\s*)?(\d{1,3})\s*[세살]")
_AGE = re.compile(r"(?<![\d,.])(\d{1,3})\s*[세살]")
_PERCENT = re.compile(rf"({NUMBER})\s*(?:%|％|퍼센트|프로(?![가-힣]))")
_FULL_DATE = re.compile(r"(\d{4})\s*(?:[.\-/]|년)\s*(\d{1,2})\s*(?:[.\-/]|월)\s*(\d{1,2})")
_SHORT_DATE = re.compile(r"(?<![\d.년])\s*(\d{1,2})\s*월\s*(\d{1,2})\s*일")
_DOTTED_END = re.compile(r"[~∼～]\s*(\d{1,2})[./](\d{1,2})(?!\d)")


@dataclass(frozen=True)
class Figure:
    """One figure: its words in the text and its value, comparable whatever the spelling."""

    kind: Kind
    value: float | tuple[int, int, int]  # won, years of age, percent, or (year or 0, month, day)
    text: str


def figures(text: str) -> Iterator[Figure]:
    """Every amount of money, age, percentage and date in `text`."""
    for match in AMOUNT.finditer(text):
        if (amount := won(match.group())) is not None:
            yield Figure("amount", amount, match.group().strip())
    for match in _AGE_RANGE.finditer(text):
        yield Figure("age", float(match[1]), match.group())
        yield Figure("age", float(match[2]), match.group())
    for match in _AGE.finditer(text):
        yield Figure("age", float(match[1]), match.group())
    for match in _PERCENT.finditer(text):
        yield Figure("percent", float(match[1].replace(",", "")), match.group())
    for match in _FULL_DATE.finditer(text):
        yield Figure("date", (int(match[1]), int(match[2]), int(match[3])), match.group())
    for pattern in (_SHORT_DATE, _DOTTED_END):
        for match in pattern.finditer(text):
            yield Figure("date", (0, int(match[1]), int(match[2])), match.group().strip())


def unsupported(answer: str, given: str) -> list[str]:
    """Figures of `answer`, as written, that `given` (records, web results, the conversation) does not contain."""
    known = set()
    for figure in figures(given):
        known |= {(figure.kind, key) for key in _keys(figure)}
    # Records also write amounts without 원 ("월 70만 지원").
    known |= {("amount", value) for match in _BARE_AMOUNT.finditer(given) if (value := won(match.group()))}
    missing = [figure.text for figure in figures(answer) if (figure.kind, _keys(figure)[0]) not in known]
    return list(dict.fromkeys(missing))


def _keys(figure: Figure) -> list[float | tuple[int, int, int]]:
    """The value; a date with a year also stands for the same day told without one."""
    if isinstance(figure.value, tuple) and figure.value[0]:
        return [figure.value, (0, *figure.value[1:])]
    return [figure.value]
