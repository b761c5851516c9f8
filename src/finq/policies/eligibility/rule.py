"""`assess`: every limit in turn, the worst of the answers as the verdict."""

from finq.policies.eligibility import coded, conditions, wording
from finq.policies.eligibility.applicant import Applicant
from finq.policies.eligibility.verdict import Verdict, worst
from finq.policies.model import Policy

_LIMITS = (
    coded.age,
    coded.region,
    coded.employment,
    coded.education,
    coded.marital_status,
    coded.annual_income,
    wording.income,
    wording.housing,
    coded.major,
    coded.special,
    conditions.conditions,
    conditions.exclusions,
)


def assess(policy: Policy, applicant: Applicant) -> Verdict:
    """Compare every limit that the record carries with what is known. A policy without limits is "eligible"."""
    reasons = tuple(reason for limit in _LIMITS if (reason := limit(policy, applicant)))
    return Verdict(worst(reason.status for reason in reasons), reasons)
