from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies import codes
from finq.policies.eligibility import Applicant, age_text, assess, income_text
from finq.policies.model import Policy


def policy(**limits: Any) -> Policy:
    return Policy.model_validate({"id": "1", "name": "정책", "nationwide": True, "raw": {}, **limits})


SEOUL_25 = Applicant(age=25, region_code="11")


@pytest.mark.parametrize(
    ("limits", "applicant", "expected"),
    [
        ({}, Applicant(), "eligible"),
        ({"min_age": 19, "max_age": 34}, SEOUL_25, "eligible"),
        ({"min_age": 19, "max_age": 34}, Applicant(age=35), "not_eligible"),
        ({"min_age": 19, "max_age": 34}, Applicant(), "unknown"),
        ({"nationwide": False, "region_codes": ("26290",)}, SEOUL_25, "not_eligible"),
        ({"nationwide": False, "region_codes": ("11680",)}, SEOUL_25, "unknown"),
        ({"nationwide": False, "region_codes": ("11680",)}, Applicant(region_code="11680"), "eligible"),
        ({"nationwide": False}, SEOUL_25, "unknown"),
        ({"employment_codes": ("0013003",)}, Applicant(employment="unemployed"), "eligible"),
        ({"employment_codes": ("0013003",)}, Applicant(employment="employed"), "not_eligible"),
        ({"employment_codes": ("0013003", "0013009")}, Applicant(employment="employed"), "unknown"),
        ({"employment_codes": ("0013003",)}, Applicant(employment="astronaut"), "unknown"),
        ({"education_codes": ("0049005",)}, Applicant(education="university_student"), "eligible"),
        ({"marital_status": "single"}, Applicant(marital_status="married"), "not_eligible"),
        ({"income_kind": "annual", "max_income": 5000}, Applicant(annual_income=5000), "eligible"),
        ({"income_kind": "annual", "max_income": 5000}, Applicant(annual_income=5001), "not_eligible"),
        ({"income_kind": "text", "income_text": "중위소득 60% 이하"}, Applicant(annual_income=1), "unknown"),
        ({"special_codes": ("0014007",)}, SEOUL_25, "unknown"),
        ({"major_codes": ("0011005",)}, SEOUL_25, "unknown"),
    ],
)
def test_verdicts(limits: dict[str, Any], applicant: Applicant, expected: str) -> None:
    assert assess(policy(**limits), applicant).status == expected


def test_reasons_are_korean_sentences_with_the_limit() -> None:
    verdict = assess(policy(min_age=19, max_age=34, nationwide=False, region_codes=("26290",)), SEOUL_25)
    assert [reason.text for reason in verdict.reasons] == ["만 19~34세: 가능", "부산광역시 남구: 해당 없음"]


def test_texts() -> None:
    assert age_text(policy()) == "나이 제한 없음"
    assert age_text(policy(min_age=19)) == "만 19세 이상"
    assert age_text(policy(max_age=39)) == "만 39세 이하"
    assert age_text(policy(min_age=24, max_age=24)) == "만 24세"
    assert income_text(policy(income_kind="annual", max_income=5000)) == "연 5,000만원 이하"
    assert income_text(policy(income_kind="annual", min_income=4000, max_income=6000)) == "연 4,000만~6,000만원"


known = st.builds(
    Applicant,
    age=st.integers(0, 120),
    region_code=st.sampled_from(["11", "11680", "26", "26290"]),
    employment=st.sampled_from(sorted(codes.EMPLOYMENT)),
    marital_status=st.sampled_from(["married", "single"]),
    annual_income=st.integers(0, 20_000),
)
limited = st.builds(
    policy,
    min_age=st.none() | st.integers(15, 40),
    max_age=st.none() | st.integers(20, 60),
    nationwide=st.booleans(),
    region_codes=st.lists(st.sampled_from(["11680", "26290", "26110"]), unique=True).map(tuple),
    employment_codes=st.lists(st.sampled_from(["0013001", "0013003"]), unique=True).map(tuple),
    marital_status=st.none() | st.sampled_from(["married", "single"]),
    income_kind=st.sampled_from(["any", "annual", "text"]),
    max_income=st.none() | st.integers(1000, 9000),
)


@given(limited, known, st.sets(st.sampled_from(list(Applicant.model_fields))))
def test_telling_less_never_rules_a_policy_out(some: Policy, applicant: Applicant, untold: set[str]) -> None:
    quieter = applicant.model_copy(update=dict.fromkeys(untold))
    if assess(some, applicant).status != "not_eligible":
        assert assess(some, quieter).status != "not_eligible"
    assert assess(some, Applicant()).status != "not_eligible"
