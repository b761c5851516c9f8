"""What a message states, each fact with the place in the text that it was read from."""

from dataclasses import dataclass
from datetime import date
from typing import Generic, Literal, TypeVar

T = TypeVar("T")
MaritalStatus = Literal["married", "single"]


@dataclass(frozen=True)
class Fact(Generic[T]):
    """A value and the half-open range of the message that states it."""

    value: T
    start: int
    end: int


@dataclass(frozen=True)
class Age:
    """만 나이 from `low` to `high`: one number ("25살"), two ("95년생", the birthday unknown) or more ("20대")."""

    low: int
    high: int


@dataclass(frozen=True)
class Stated:
    """What the message says about the person for whom support is sought, and about what they want.

    Names are those of `finq.policies.codes`; `annual_income` is in 만원 a year. `region_code` has 2 or 5 digits;
    where its name has several meanings (중구), it is None and `region_candidates` lists them; where several places are
    meant (서울이나 경기), `several_regions` is true. `other_regions` are those, or places named beside the person's own
    ("대구 사는데 부산 청년패스"). `owns_home` False is 무주택.

    `topic` is the message without the person's age and place, for searching. `categories` are a hint for ranking,
    never a limit. `apply_by` is the last day of the span in which the person wants to apply; `always_open` and
    `closed`: they ask for policies without a deadline, or for closed ones, too. `employs`: for support for employing
    others, whom the limits of such policies describe.
    """

    topic: str
    age: Fact[Age] | None = None
    region_code: Fact[str] | None = None
    region_candidates: tuple[str, ...] = ()
    several_regions: bool = False
    other_regions: tuple[str, ...] = ()
    employment: Fact[str] | None = None
    education: Fact[str] | None = None
    marital_status: Fact[MaritalStatus] | None = None
    annual_income: Fact[int] | None = None
    median_income_percent: Fact[int] | None = None
    owns_home: Fact[bool] | None = None
    major: Fact[str] | None = None
    special: tuple[Fact[str], ...] = ()
    not_special: tuple[Fact[str], ...] = ()
    categories: tuple[str, ...] = ()
    apply_by: Fact[date] | None = None
    always_open: bool = False
    closed: bool = False
    employs: bool = False

    @property
    def places_asked_about(self) -> tuple[str, ...]:
        """Codes of every place that the message may mean beside `region_code`."""
        return tuple(dict.fromkeys((*self.other_regions, *self.region_candidates)))
