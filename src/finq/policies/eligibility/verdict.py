"""What the rule says: a verdict, and the reasons it comes from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

VerdictStatus = Literal["eligible", "not_eligible", "unknown"]
Limit = Literal[
    "age",
    "region",
    "employment",
    "education",
    "marital_status",
    "income",
    "major",
    "special",
    "housing",
    "conditions",
    "exclusions",
]

_QUOTED = 40  # characters of a record's own words in a reason
_WORST_FIRST: tuple[VerdictStatus, ...] = ("not_eligible", "unknown", "eligible")


@dataclass(frozen=True)
class Reason:
    """One limit and how the person stands to it, e.g. limit "age", status "eligible", text "만 19~34세: 가능"."""

    limit: Limit
    status: VerdictStatus
    text: str


@dataclass(frozen=True)
class Verdict:
    """Worst of the reasons: one "not_eligible" decides, else one "unknown", else "eligible"."""

    status: VerdictStatus
    reasons: tuple[Reason, ...]


def worst(statuses: Iterable[VerdictStatus]) -> VerdictStatus:
    """The status that decides; "eligible" where there are none."""
    given = set(statuses)
    return next((status for status in _WORST_FIRST if status in given), "eligible")


def met(limit: Limit, what: str) -> Reason:
    """ "만 19~34세: 가능"."""
    return Reason(limit, "eligible", f"{what}: 가능")


def failed(limit: Limit, what: str, own: str) -> Reason:
    """ "만 19~34세: 만 35세라 해당 없음". `own` is what the person is."""
    return Reason(limit, "not_eligible", f"{what}: {own}{_copula(own)} 해당 없음")


def unsure(limit: Limit, what: str, why: str = "확인 필요") -> Reason:
    """ "만 19~34세: 생일에 따라 달라요"."""
    return Reason(limit, "unknown", f"{what}: {why}")


def quoted(words: str) -> str:
    """A record's own words, in one line of at most 40 characters."""
    line = " ".join(words.split())
    return f"‘{line if len(line) <= _QUOTED else line[:_QUOTED].rstrip() + '…'}’"


def _copula(word: str) -> str:
    """이라 after a final consonant, else 라."""
    last = ord(word[-1]) - ord("가") if word else 0
    return "이라" if 0 <= last < 11172 and last % 28 else "라"
