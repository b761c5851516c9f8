"""Which policies a search may return: one description, turned into SQL here and into Milvus' language there."""

from dataclasses import dataclass, field
from datetime import date

from finq.policies.eligibility import Applicant
from finq.policies.model import ApplicationStatus

NOT_CLOSED: frozenset[ApplicationStatus] = frozenset({"open", "upcoming", "always", "unknown"})


@dataclass(frozen=True)
class PolicyFilter:
    """Limits of a search. Withdrawn policies never pass."""

    today: date
    applicant: Applicant = field(default_factory=Applicant)
    statuses: frozenset[ApplicationStatus] = NOT_CLOSED
    categories: frozenset[str] = frozenset()  # names of finq.policies.codes.CATEGORIES; empty: all
