"""What is searched for and for whom, of a question: the product's own reading, the judge's, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from finq.policies.eligibility import Applicant
from finq.policies.filters import NOT_CLOSED, PolicyFilter
from finq.policies.model import ApplicationStatus
from finq.policies.understanding import merge, understand
from finq_local.evaluation.questions import JudgedQuestion

ConstraintsMode = Literal["stated", "given", "none"]
ANY_STATUS: frozenset[ApplicationStatus] = NOT_CLOSED | {"closed"}


@dataclass(frozen=True)
class Asked:
    """A question as it is searched for."""

    question: JudgedQuestion
    policy_filter: PolicyFilter


def ask(question: JudgedQuestion, mode: ConstraintsMode, today: date, *, any_status: bool) -> Asked:
    """The search that a question leads to.

    Args:
        mode: who says what the question states of the person: "stated" the product, "given" the question file,
            "none" nobody.
        any_status: look among closed policies too, as judges do who leave the application window aside.
    """
    stated = understand(question.query, today)
    applicants: dict[ConstraintsMode, Applicant] = {
        "stated": merge(question.profile, stated).applicant,
        "given": question.constraints.put_over(question.profile),
        "none": question.profile,
    }
    statuses = ANY_STATUS if any_status or stated.closed else NOT_CLOSED
    return Asked(question, PolicyFilter(today, applicants[mode], statuses))


def ask_all(
    questions: Sequence[JudgedQuestion], mode: ConstraintsMode, today: date, *, any_status: bool
) -> list[Asked]:
    """`ask` of each."""
    return [ask(question, mode, today, any_status=any_status) for question in questions]
