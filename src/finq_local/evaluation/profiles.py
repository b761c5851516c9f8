"""Generated people and what they ask, for measures that need no judgement."""

from dataclasses import dataclass
from datetime import date

from finq.policies.filters import PolicyFilter
from finq_local.generate import generate_questions

_SEED = 7


@dataclass(frozen=True)
class Person:
    """What somebody asks, and the filter that what they told makes."""

    text: str
    policy_filter: PolicyFilter


def people(count: int, today: date) -> list[Person]:
    """Always the same people; closed policies are not for them."""
    return [Person(asked.text, PolicyFilter(today, asked.applicant)) for asked in generate_questions(count, _SEED)]
