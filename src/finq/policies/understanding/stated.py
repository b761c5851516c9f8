"""What a message states, each fact with the place in the text that it was read from."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


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
    where the place could be several (중구), it is None and `region_candidates` lists them. `topic` is the message
    without the person's age and place, for searching.
    """

    topic: str
    age: Fact[Age] | None = None
    region_code: Fact[str] | None = None
    region_candidates: tuple[str, ...] = ()
