"""Judged questions: one JSON object a line, `docs/evaluation.md` describes the fields."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from finq.policies import regions
from finq.policies.eligibility import Applicant
from finq.policies.model import PolicyId
from finq_local.stack.service import StackError

QuestionType = Literal["recommend", "known_item", "documents", "condition", "ineligible", "none"]

# How judges put it -> the product's names; None where no coded limit corresponds.
_EMPLOYMENT: dict[str, str | None] = {
    **{"재직": "employed", "재직자": "employed", "직장인": "employed", "취업": "employed"},
    **{"미취업": "unemployed", "미취업자": "unemployed", "실업": "unemployed", "구직": "unemployed"},
    **{"창업": "founder", "예비창업": "founder", "자영업": "self_employed", "프리랜서": "freelancer"},
    **{"영농": "farmer", "단기근로": "short_term", "아르바이트": "short_term", "일용근로": "day_labourer"},
}
_MARITAL: dict[str, Literal["married", "single"] | None] = {
    **{"기혼": "married", "신혼": "married", "신혼부부": "married", "미혼": "single"},
    **{"예비부부": None, "예비신혼": None, "예비신혼부부": None},
}
_STUDENT: dict[str, str | None] = {
    **{"대학생": "university_student", "대학원생": "postgraduate", "고등학생": "high_school_student"},
    "휴학생": "university_student",
}


class QuestionFileError(StackError):
    """A question file cannot be used; the message names file and line."""


class Constraints(BaseModel):
    """What the question itself states about the person, as a judge wrote it down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    age: Annotated[int, Field(ge=0, le=120)] | None = None
    sido: str | None = None
    sigungu: str | None = None
    employment: str | None = None
    income: int | str | None = None  # 만원 a year, or words that no coded limit corresponds to
    marital: str | None = None
    student: str | bool | None = None

    def put_over(self, known: Applicant) -> Applicant:
        """`known` with what is stated put over it; words without a coded limit change nothing."""
        stated = {
            "age": self.age,
            "region_code": regions.parse_region(self.place) if self.place else None,
            "employment": _EMPLOYMENT.get(self.employment or ""),
            "marital_status": _MARITAL.get(self.marital or ""),
            "education": _STUDENT.get(self.student) if isinstance(self.student, str) else None,
            "annual_income": self.income if isinstance(self.income, int) else None,
        }
        return known.model_copy(update={name: value for name, value in stated.items() if value is not None})

    @property
    def place(self) -> str:
        """Like "부산 기장군"."""
        return " ".join(part for part in (self.sido, self.sigungu) if part)

    @model_validator(mode="after")
    def _understood(self) -> Self:
        if self.place and regions.parse_region(self.place) is None:
            raise ValueError(f"there is no region {self.place!r}")
        return self


class JudgedQuestion(BaseModel):
    """A question, who asks it, and which policies answer it.

    Attributes:
        profile: what FinQ knows of the person beforehand; by default nothing.
        relevant: answer it, best found first of all.
        also_ok: neither right nor wrong; dropped from a ranking before it is scored.
        ineligible: look similar, but the person is ruled out; finding one is an error.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    query: str = Field(min_length=1, max_length=4_000)
    type: QuestionType
    constraints: Constraints = Constraints()
    profile: Applicant = Applicant()
    relevant: tuple[PolicyId, ...]
    also_ok: tuple[PolicyId, ...] = ()
    ineligible: tuple[PolicyId, ...] = ()

    @property
    def scored(self) -> bool:
        """Whether there is something to be found."""
        return bool(self.relevant)

    @property
    def judged(self) -> tuple[str, ...]:
        """Every policy it names."""
        return (*self.relevant, *self.also_ok, *self.ineligible)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        twice = sorted({policy_id for policy_id in self.judged if self.judged.count(policy_id) > 1})
        if twice:
            raise ValueError(f"judged more than once: {', '.join(twice)}")
        if self.type in ("none", "ineligible") and self.relevant:
            raise ValueError(f"a question of type {self.type!r} has no relevant policies")
        if self.type not in ("none", "ineligible") and not self.relevant:
            raise ValueError(f"a question of type {self.type!r} needs a relevant policy")
        return self


def read_questions(paths: Iterable[Path]) -> list[JudgedQuestion]:
    """The questions of `.jsonl` files, in order; ids must be unique over all of them.

    Raises:
        QuestionFileError: a file that is missing or not UTF-8, a line that does not validate, a repeated id.
    """
    questions: list[JudgedQuestion] = []
    seen: dict[str, str] = {}
    for path in paths:
        for number, line in enumerate(_lines(path), start=1):
            if not line.strip():
                continue
            where = f"{path}, line {number}"
            question = _parse(line, where)
            if question.id in seen:
                raise QuestionFileError(f"{where}: id {question.id!r} was used at {seen[question.id]}")
            seen[question.id] = where
            questions.append(question)
    if not questions:
        raise QuestionFileError("There are no questions in " + ", ".join(str(path) for path in paths) + ".")
    return questions


def unknown_policies(questions: Sequence[JudgedQuestion], known: Iterable[str]) -> dict[str, list[str]]:
    """Policies that questions name and the corpus lacks: ids by question id."""
    there = set(known)
    missing = {question.id: [one for one in question.judged if one not in there] for question in questions}
    return {question_id: ids for question_id, ids in missing.items() if ids}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise QuestionFileError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeError:
        raise QuestionFileError(f"{path} is not UTF-8 text.") from None


def _parse(line: str, where: str) -> JudgedQuestion:
    try:
        content: Any = json.loads(line)
    except ValueError as error:
        raise QuestionFileError(f"{where}: not JSON ({error})") from None
    try:
        return JudgedQuestion.model_validate(content)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        raise QuestionFileError(f"{where}: {f'{field}: ' if field else ''}{message}") from None
