"""`PolicyCard`: a policy as users see it in lists, sources and answers, with the verdict for one person."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from finq.policies.eligibility import VerdictStatus
from finq.policies.model import ApplicationStatus, RequiredDocument


class CardReason(BaseModel):
    """One limit and how the person stands to it."""

    model_config = ConfigDict(frozen=True)

    limit: str
    status: VerdictStatus
    text: str


class PolicyCard(BaseModel):
    """Shown everywhere a policy is listed. Texts are display-ready Korean; dates are ISO in JSON."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    summary: str
    support: str
    categories: tuple[str, ...]
    institution: str
    age_text: str  # "만 19~34세", "제한 없음"
    region_text: str  # "전국", "서울특별시", "부산광역시 남구 외 2곳"
    status: ApplicationStatus
    period_text: str  # "2026.11.01 ~ 2026.12.31", "상시", "기관에 문의"
    deadline: date | None
    d_day: int | None  # days from today to the deadline
    documents: tuple[RequiredDocument, ...]
    apply_url: str
    verdict: VerdictStatus
    reasons: tuple[CardReason, ...]
