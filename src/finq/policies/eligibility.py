"""Whether a person meets a policy's limits: eligible, not, or unknown, with the reasons in Korean.

What a person has not told never rules a policy out; it makes the verdict "unknown".
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

VerdictStatus = Literal["eligible", "not_eligible", "unknown"]


class Applicant(BaseModel):
    """What is known about the person asking; None is "not told".

    `region_code` is a 시도 (2 digits) or 시군구 (5 digits); names of `finq.policies.codes`; income in 만원 a year.
    """

    model_config = ConfigDict(frozen=True)

    age: int | None = Field(None, ge=0, le=120)
    region_code: str | None = Field(None, pattern=r"^\d{2}(\d{3})?$")
    employment: str | None = None
    education: str | None = None
    marital_status: Literal["married", "single"] | None = None
    annual_income: int | None = Field(None, ge=0)


@dataclass(frozen=True)
class Reason:
    """One limit and how the person stands to it, e.g. limit "age", status "eligible", text "만 19~34세: 가능"."""

    limit: Literal["age", "region", "employment", "education", "marital_status", "income"]
    status: VerdictStatus
    text: str


@dataclass(frozen=True)
class Verdict:
    """Worst of the reasons: one "not_eligible" decides, else one "unknown", else "eligible"."""

    status: VerdictStatus
    reasons: tuple[Reason, ...]
