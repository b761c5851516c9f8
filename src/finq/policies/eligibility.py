"""Whether a person meets a policy's limits: eligible, not, or unknown, with the reasons in Korean.

What a person has not told never rules a policy out; it makes the verdict "unknown". The searches' filters
(`finq.policies.filters`) let through exactly what is not "not_eligible" here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from finq.policies import codes, regions
from finq.policies.model import Policy

VerdictStatus = Literal["eligible", "not_eligible", "unknown"]
Limit = Literal["age", "region", "employment", "education", "marital_status", "income", "major", "special"]

_ANSWERS: dict[VerdictStatus, str] = {"eligible": "가능", "not_eligible": "해당 없음", "unknown": "확인 필요"}


class Applicant(BaseModel):
    """What is known about the person asking; None is "not told".

    `age` is 만 나이; with `maybe_younger` only the birth year is known, and `age` is that of somebody whose birthday
    has passed this year, so theirs may be one less. `region_code` is a 시도 (2 digits) or 시군구 (5 digits).
    `employment`, `education`, `major` and the sets `special` (said to apply) and `not_special` (said not to) hold
    names of `finq.policies.codes`. `annual_income` is in 만원 a year, `median_income_percent` in % of 기준중위소득.
    `owns_home` False is 무주택.
    """

    model_config = ConfigDict(frozen=True)

    age: int | None = Field(None, ge=0, le=120)
    maybe_younger: bool = False
    region_code: str | None = Field(None, pattern=r"^\d{2}(\d{3})?$")
    employment: str | None = None
    education: str | None = None
    marital_status: Literal["married", "single"] | None = None
    annual_income: int | None = Field(None, ge=0)
    median_income_percent: int | None = Field(None, ge=0)
    major: str | None = None
    special: frozenset[str] = frozenset()
    not_special: frozenset[str] = frozenset()
    owns_home: bool | None = None


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


def assess(policy: Policy, applicant: Applicant) -> Verdict:
    """Compare every limit that the record carries with what is known. A policy without limits is "eligible"."""
    reasons = tuple(_reasons(policy, applicant))
    statuses = {reason.status for reason in reasons}
    worst: tuple[VerdictStatus, ...] = ("not_eligible", "unknown", "eligible")
    return Verdict(next((status for status in worst if status in statuses), "eligible"), reasons)


def accepted_codes(table: dict[str, tuple[str, str]], name: str) -> frozenset[str]:
    """Native codes that may concern somebody who is `name`: their own and 기타, which may mean anything."""
    return frozenset({table[name][0], table["other"][0]})


def age_text(policy: Policy) -> str:
    """Like "만 19~34세", "만 19세 이상", "만 39세 이하" or "나이 제한 없음"."""
    low, high = policy.min_age, policy.max_age
    if low is None and high is None:
        return "나이 제한 없음"
    if high is None:
        return f"만 {low}세 이상"
    if low is None:
        return f"만 {high}세 이하"
    return f"만 {low}세" if low == high else f"만 {low}~{high}세"


def income_text(policy: Policy) -> str:
    """Like "연 5,000만원 이하", the record's own words, or "" when income does not matter."""
    if policy.income_kind != "annual":
        return policy.income_text
    low, high = policy.min_income, policy.max_income
    if low and high:
        return f"연 {low:,}만~{high:,}만원"
    return f"연 {high:,}만원 이하" if high else f"연 {low:,}만원 이상" if low else policy.income_text


def _reason(limit: Limit, status: VerdictStatus, text: str) -> Reason:
    return Reason(limit, status, f"{text}: {_ANSWERS[status]}")


def _reasons(policy: Policy, applicant: Applicant) -> Iterator[Reason]:
    if policy.min_age is not None or policy.max_age is not None:
        yield _reason("age", _in_range(applicant.age, policy.min_age, policy.max_age), age_text(policy))
    if not policy.nationwide:
        yield _reason("region", _region(policy, applicant), regions.describe(policy.region_codes, nationwide=False))
    if policy.employment_codes:
        yield _listed("employment", codes.EMPLOYMENT, policy.employment_codes, applicant.employment)
    if policy.education_codes:
        yield _listed("education", codes.EDUCATION, policy.education_codes, applicant.education)
    if policy.marital_status:
        told = applicant.marital_status
        status: VerdictStatus = (
            "unknown" if told is None else "eligible" if told == policy.marital_status else "not_eligible"
        )
        yield _reason("marital_status", status, codes.MARITAL[policy.marital_status][1])
    if policy.income_kind == "annual":
        status = _in_range(applicant.annual_income, policy.min_income, policy.max_income)
        yield _reason("income", status, f"소득 {income_text(policy)}".rstrip())
    elif policy.income_kind == "text":
        yield _reason("income", "unknown", f"소득 {policy.income_text or '조건 있음'}")
    if policy.major_codes:
        yield _listed("major", codes.MAJOR, policy.major_codes, None)
    if policy.special_codes:
        yield _listed("special", codes.SPECIAL, policy.special_codes, None)


def _in_range(value: int | None, low: int | None, high: int | None) -> VerdictStatus:
    if value is None:
        return "unknown"
    return "eligible" if (low is None or value >= low) and (high is None or value <= high) else "not_eligible"


def _region(policy: Policy, applicant: Applicant) -> VerdictStatus:
    if applicant.region_code is None or not policy.region_codes:
        return "unknown"
    found = regions.coverage(policy.region_codes, applicant.region_code)
    statuses: dict[regions.Coverage, VerdictStatus] = {"full": "eligible", "partial": "unknown", "none": "not_eligible"}
    return statuses[found]


def _listed(limit: Limit, table: dict[str, tuple[str, str]], listed: tuple[str, ...], name: str | None) -> Reason:
    labels = dict(table.values())
    text = ", ".join(labels.get(code, code) for code in listed)
    if name not in table:
        return _reason(limit, "unknown", text)
    if table[name][0] in listed:
        return _reason(limit, "eligible", text)
    return _reason(limit, "unknown" if accepted_codes(table, name) & set(listed) else "not_eligible", text)
