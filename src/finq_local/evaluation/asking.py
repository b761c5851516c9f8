"""What is searched for and for whom, of a question: the product's own reading, the judge's, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from finq.agents.conversation import Question
from finq.agents.policy_search import SearchPlan, stated_facts
from finq.policies.eligibility import Applicant
from finq.policies.filters import NOT_CLOSED, PolicyFilter
from finq.policies.model import ApplicationStatus
from finq_local.bedrock.rules import facts
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
    statuses = ANY_STATUS if any_status else NOT_CLOSED
    return Asked(question, PolicyFilter(today, _applicant(question, mode, today), statuses))


def ask_all(
    questions: Sequence[JudgedQuestion], mode: ConstraintsMode, today: date, *, any_status: bool
) -> list[Asked]:
    """`ask` of each."""
    return [ask(question, mode, today, any_status=any_status) for question in questions]


def _applicant(question: JudgedQuestion, mode: ConstraintsMode, today: date) -> Applicant:
    if mode == "none":
        return question.profile
    if mode == "given":
        return question.constraints.put_over(question.profile)
    text = question.query
    plan = SearchPlan(query=text, age=facts.age(text, today.isoformat()), region=facts.region(text))
    return stated_facts(plan, Question(text, today, question.profile))
