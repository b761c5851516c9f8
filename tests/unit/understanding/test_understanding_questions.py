"""What is read of the judged questions: everything that is read is right, and nearly all is read."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from finq.policies import regions
from finq.policies.understanding import Age, understand

ROOT = Path(__file__).parents[3]
FILES = (ROOT / "benchmarks" / "questions" / "dev.jsonl", ROOT.parent / "shared" / "data" / "queries_dev.jsonl")


def questions() -> list[dict[str, Any]]:
    return [
        json.loads(line) for path in FILES if path.exists() for line in path.read_text(encoding="utf-8").splitlines()
    ]


def _agrees(code: str, place: str) -> bool:
    """Whether the judge says the same place, or the 시도 that it is in."""
    judged = regions.parse_region(place)
    return judged is not None and (code == judged or (len(judged) == 2 and code.startswith(judged)))


def _within(years: int | None, age: Age) -> bool:
    return years is not None and age.low <= years <= age.high


@pytest.mark.skipif(not any(path.exists() for path in FILES), reason="needs judged questions")
def test_age_and_region_of_the_judged_questions() -> None:
    read = right = wanted = 0
    for question in questions():
        if question["type"] == "none":
            continue  # nobody judged what limits "오늘 서울 날씨 어때" states
        limits, told = question["constraints"], understand(question["query"], date(2026, 11, 22))
        place = " ".join(filter(None, (limits.get("sido"), limits.get("sigungu"))))
        age = told.age.value if told.age else None
        pairs = (
            (told.region_code is not None, told.region_code and _agrees(told.region_code.value, place)),
            # Judges note no "이십대", since their ages are single numbers.
            (age is not None and (age.high - age.low < 2 or "age" in limits), age and _within(limits.get("age"), age)),
        )
        wanted += ("sido" in limits) + ("age" in limits)
        read += sum(found for found, _ in pairs)
        right += sum(bool(correct) for found, correct in pairs if found)
    assert right / read >= 0.99
    assert right / wanted >= 0.97
