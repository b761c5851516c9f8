"""`Applicant`: what is known about the person asking."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field


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

    @property
    def least_age(self) -> int | None:
        """The lower of the two ages that a birth year leaves; `age` itself where that is exact."""
        return self.age - 1 if self.age and self.maybe_younger else self.age

    def updated(self, told: "Applicant") -> Self:
        """This person with what `told` tells put over it; what it leaves open stays."""
        facts = {
            name: value for name in type(self).model_fields if (value := getattr(told, name)) not in (None, frozenset())
        }
        if told.age is None:
            del facts["maybe_younger"]
        facts["special"] = (self.special - told.not_special) | told.special
        facts["not_special"] = (self.not_special - told.special) | told.not_special
        return self.model_copy(update=facts)
