"""`PolicyCard`: a policy as users see it in lists, sources and answers, with the verdict for one person."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from finq.policies import regions
from finq.policies.eligibility import Applicant, VerdictStatus, age_text, assess
from finq.policies.model import ApplicationKind, ApplicationStatus, Period, Policy, RequiredDocument


class CardReason(BaseModel):
    """One limit and how the person stands to it."""

    model_config = ConfigDict(frozen=True)

    limit: str
    status: VerdictStatus
    text: str


class SimilarPolicy(BaseModel):
    """Another edition of the policy's programme, or the same programme of another region."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    region_text: str


class PolicyCard(BaseModel):
    """Shown everywhere a policy is listed. Texts are display-ready Korean; dates are ISO in JSON."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    summary: str
    support: str
    categories: tuple[str, ...]
    institution: str
    age_text: str  # "만 19~34세", "나이 제한 없음"
    region_text: str  # "전국", "서울특별시", "부산광역시 남구 외 2곳"
    status: ApplicationStatus
    period_text: str  # "2026.11.01 ~ 2026.12.31", "상시", "기관에 문의", "마감"
    deadline: date | None
    d_day: int | None  # days from today to the deadline
    documents: tuple[RequiredDocument, ...]
    apply_url: str
    verdict: VerdictStatus
    reasons: tuple[CardReason, ...]
    similar: tuple[SimilarPolicy, ...] = ()  # only where a search found them along with it


_WITHOUT_DATES: dict[ApplicationKind, str] = {
    "always": "상시",
    "closed": "마감",
    "institution": "기관에 문의",
    "unknown": "기관에 문의",
}


def card(policy: Policy, applicant: Applicant, today: date, similar: Sequence[SimilarPolicy] = ()) -> PolicyCard:
    """The policy as `applicant` sees it on `today` (Korean date)."""
    verdict = assess(policy, applicant)
    deadline = policy.deadline(today)
    return PolicyCard(
        id=policy.id,
        name=policy.name,
        summary=policy.summary,
        support=policy.support,
        categories=policy.categories,
        institution=policy.institution,
        age_text=age_text(policy),
        region_text=regions.describe(policy.region_codes, policy.nationwide),
        status=policy.application_status(today),
        period_text=period_text(policy, today),
        deadline=deadline,
        d_day=(deadline - today).days if deadline else None,
        documents=policy.documents,
        apply_url=policy.apply_url,
        verdict=verdict.status,
        reasons=tuple(CardReason(limit=r.limit, status=r.status, text=r.text) for r in verdict.reasons),
        similar=tuple(similar),
    )


def period_text(policy: Policy, today: date) -> str:
    """The running period, else the next, else the last one; how to apply in words where there are no dates."""
    if policy.application_kind != "periods" or not policy.application_periods:
        return _WITHOUT_DATES.get(policy.application_kind, "기관에 문의")
    ahead = [period for period in policy.application_periods if period.end >= today]
    if not ahead:
        return _days(policy.application_periods[-1])
    more = f" 외 {len(ahead) - 1}회" if len(ahead) > 1 else ""
    return f"{_days(ahead[0])}{more}"


def _days(period: Period) -> str:
    start = f"{period.start:%Y.%m.%d}"
    if period.end.year == date.max.year:
        return f"{start}부터"
    return start if period.start == period.end else f"{start} ~ {period.end:%Y.%m.%d}"
