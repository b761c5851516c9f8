"""The judged questions: their form, and that no judgement contradicts what the record says."""

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest

from finq.policies import regions
from finq.policies.model import Policy
from finq.policies.normalise import normalise
from finq_local import sample

QUESTIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in sample.SAMPLE_FILE.with_name("questions.jsonl").read_text(encoding="utf-8").splitlines()
]
POLICIES = {policy.id: policy for policy in map(normalise, sample.records(date(2026, 11, 22)))}
# Open to people of another region, on conditions their texts state.
OPEN_TO_OTHERS = {"경북 향토학숙 입사생 모집", "부산 드림정장 빌려입기"}


def ruled_out(policy: Policy, constraints: dict[str, Any]) -> bool:
    """Whether age or region, as stated, keep the person out."""
    age = constraints.get("age")
    place = " ".join(constraints[key] for key in ("sido", "sigungu") if key in constraints)
    region = regions.parse_region(place) if place else None
    too_young_or_old = age is not None and not (policy.min_age or 0) <= age <= (policy.max_age or 200)
    elsewhere = region is not None and not policy.nationwide and regions.coverage(policy.region_codes, region) == "none"
    return too_young_or_old or elsewhere


def test_form() -> None:
    assert len(QUESTIONS) == 60
    assert len({question["id"] for question in QUESTIONS}) == 60
    assert len({question["query"] for question in QUESTIONS}) == 60
    kinds = Counter(question["type"] for question in QUESTIONS)
    assert set(kinds) == {"recommend", "known_item", "documents", "condition", "ineligible", "none"}
    assert min(kinds.values()) >= 2


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_judgement_agrees_with_the_records(question: dict[str, Any]) -> None:
    constraints = question["constraints"]
    assert set(constraints) <= {"age", "sido", "sigungu", "employment", "marital", "student"}
    assert bool(question["relevant"]) == (question["type"] not in ("ineligible", "none"))
    judged = [*question["relevant"], *question["also_ok"], *question["ineligible"]]
    assert len(set(judged)) == len(judged)
    place = [constraints[key] for key in ("sido", "sigungu") if key in constraints]
    assert not place or regions.parse_region(" ".join(place)), "a region that exists"
    for policy_id in question["relevant"] + question["also_ok"]:
        policy = POLICIES[policy_id]
        assert policy.name in OPEN_TO_OTHERS or not ruled_out(policy, constraints), policy.name
    for policy_id in question["ineligible"]:
        assert ruled_out(POLICIES[policy_id], constraints), POLICIES[policy_id].name
