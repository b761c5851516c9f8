"""Generated applicants and the questions they ask; what a person leaves untold stays None, as in life."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from finq.policies import codes, regions
from finq.policies.eligibility import Applicant
from finq_local.generate.records import pick_sido, pick_topic, sigungu_of

_ASKS = (
    "{topic} 받을 수 있어요?",
    "{topic} 알려줘",
    "{topic} 추천해 주세요",
    "{topic} 있나요?",
    "{topic} 신청하고 싶어요",
)
_WORDS = {"married": "결혼했고", "single": "미혼이고"}


@dataclass(frozen=True)
class Question:
    """What somebody asks, and what the question tells about them."""

    text: str
    applicant: Applicant


def generate_applicants(count: int, seed: int) -> Iterator[Applicant]:
    """`count` people; each fact is told by some and not by others.

    Raises:
        ValueError: count is negative.
    """
    if count < 0:
        raise ValueError(f"count must not be negative, not {count}")
    rng = random.Random(f"applicants {seed}")  # noqa: S311 - data for benchmarks, no secret
    for _ in range(count):
        yield _applicant(rng)


def generate_questions(count: int, seed: int) -> Iterator[Question]:
    """`count` Korean questions that state every known fact of their applicant.

    Raises:
        ValueError: count is negative.
    """
    rng = random.Random(f"questions {seed}")  # noqa: S311 - data for benchmarks, no secret
    for applicant in generate_applicants(count, seed):
        yield Question(_words(rng, applicant), applicant)


def _applicant(rng: random.Random) -> Applicant:
    sido = pick_sido(rng)
    region = rng.choice((sido, sido, rng.choice(sigungu_of(sido))))
    marital: tuple[Literal["married", "single"], ...] = ("single", "single", "single", "married")
    age = min(max(round(rng.gauss(27, 6)), 14), 64)
    return Applicant(
        age=age if rng.random() < 0.75 else None,
        region_code=region if rng.random() < 0.7 else None,
        employment=rng.choice(list(codes.EMPLOYMENT)) if rng.random() < 0.5 else None,
        education=rng.choice(list(codes.EDUCATION)) if rng.random() < 0.35 else None,
        marital_status=rng.choice(marital) if age >= 19 and rng.random() < 0.3 else None,
        annual_income=rng.randrange(0, 9_000, 100) if rng.random() < 0.3 else None,
    )


def _words(rng: random.Random, person: Applicant) -> str:
    told = [
        f"{person.age}살이고" if person.age is not None else "",
        f"{regions.name(person.region_code)}에 살고" if person.region_code else "",
        f"{codes.EMPLOYMENT[person.employment][1]}이고" if person.employment else "",
        f"학력은 {codes.EDUCATION[person.education][1]}이고" if person.education else "",
        _WORDS[person.marital_status] if person.marital_status else "",
        f"연소득은 {person.annual_income}만원인데" if person.annual_income is not None else "",
    ]
    return " ".join([*filter(None, told), rng.choice(_ASKS).format(topic=pick_topic(rng).ask)])
