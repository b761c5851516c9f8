"""`Policy`: one 온통청년 record, normalised. The native record stays in `raw`, untouched."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

PolicyId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,40}$")]
ApplicationKind = Literal["periods", "always", "institution", "closed", "unknown"]
ApplicationStatus = Literal["open", "upcoming", "always", "closed", "unknown"]
Marital = Literal["married", "single"]
IncomeKind = Literal["any", "annual", "text"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Period(_Model):
    """Days on which one may apply, both ends included."""

    start: date
    end: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError("a period ends before it starts")
        return self


class RequiredDocument(_Model):
    """One paper to prepare. `required` is None where the record does not say."""

    name: str
    note: str = ""
    required: bool | None = None


class Policy(_Model):
    """A youth policy. Empty tuples of codes mean "no limit"; ages are 만 나이, amounts 만원 a year."""

    id: PolicyId
    name: str
    summary: str = ""
    support: str = ""
    keywords: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subcategories: tuple[str, ...] = ()
    institution: str = ""
    operator: str = ""

    min_age: int | None = None
    max_age: int | None = None
    age_extension: int = 0  # years beyond `max_age` up to which the text lets some in, as after military service
    nationwide: bool = False
    local_to: str | None = None  # nationwide by its codes, but a programme of this 시도 (2 digits) or 시군구 (5)
    region_codes: tuple[str, ...] = ()
    employment_codes: tuple[str, ...] = ()
    education_codes: tuple[str, ...] = ()
    major_codes: tuple[str, ...] = ()
    special_codes: tuple[str, ...] = ()
    marital_status: Marital | None = None
    income_kind: IncomeKind = "any"
    min_income: int | None = None
    max_income: int | None = None
    income_text: str = ""

    application_kind: ApplicationKind = "unknown"
    application_periods: tuple[Period, ...] = ()
    application_text: str = ""
    business_start: date | None = None
    business_end: date | None = None
    business_text: str = ""

    how_to_apply: str = ""
    selection: str = ""
    apply_url: str = ""
    reference_urls: tuple[str, ...] = ()
    documents_text: str = ""
    documents: tuple[RequiredDocument, ...] = ()
    extra_conditions: str = ""
    exclusions: str = ""
    notes: str = ""
    first_come: bool | None = None
    quota: int | None = None
    views: int = 0
    registered_at: datetime | None = None
    modified_at: datetime | None = None

    raw: dict[str, Any] | None = Field(default=None, repr=False)  # None where it was read without

    @field_validator("application_periods")
    @classmethod
    def _joined(cls, periods: tuple[Period, ...]) -> tuple[Period, ...]:
        """In order; overlapping and adjoining periods are one, as in PostgreSQL's datemultirange."""
        joined: list[Period] = []
        for period in sorted(periods, key=lambda period: period.start):
            if joined and period.start.toordinal() <= joined[-1].end.toordinal() + 1:
                joined[-1] = Period(start=joined[-1].start, end=max(joined[-1].end, period.end))
            else:
                joined.append(period)
        return tuple(joined)

    @field_validator("documents")
    @classmethod
    def _named_once(cls, documents: tuple[RequiredDocument, ...]) -> tuple[RequiredDocument, ...]:
        """A name identifies a document within a policy; the first of a name stays."""
        unique: dict[str, RequiredDocument] = {}
        for document in documents:
            unique.setdefault(document.name, document)
        return tuple(unique.values())

    @property
    def sido_codes(self) -> tuple[str, ...]:
        """The 시도 (2-digit) that `region_codes` touch, sorted."""
        return tuple(sorted({code[:2] for code in self.region_codes}))

    def application_status(self, today: date) -> ApplicationStatus:
        """Whether one can apply on `today`."""
        if self.application_kind != "periods":
            return {"always": "always", "closed": "closed"}.get(self.application_kind, "unknown")  # type: ignore[return-value]
        if any(period.start <= today <= period.end for period in self.application_periods):
            return "open"
        return "upcoming" if any(period.start > today for period in self.application_periods) else "closed"

    def deadline(self, today: date) -> date | None:
        """Last day of the running period, else of the next one; None where no such day is known."""
        if self.application_kind != "periods":
            return None
        end = min((period.end for period in self.application_periods if period.end >= today), default=None)
        # Records write "no end" as 9999-12-31.
        return None if end is None or end.year == date.max.year else end
