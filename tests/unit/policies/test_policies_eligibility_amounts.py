"""Amounts of income in a record's words, as real records have them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies.eligibility import Applicant, assess
from finq.policies.eligibility.amounts import ceilings, exceeds, says_nothing_more
from finq.policies.model import Policy


def policy(**limits: Any) -> Policy:
    return Policy.model_validate({"id": "1", "name": "정책", "nationwide": True, "raw": {}, **limits})


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("연소득 5,000만원 이하", [5000]),
        ("총 급여 7천만원 이하", [7000]),
        ("월 급여 358만원 미만", [4296]),
        ("급여 270만 원 이하", [3240]),
        ("월 소득 3,589,000원 이하인 자 * 소득수준은 건강보험료로 판단", [4307]),
        ("월 소득 3,847천원 이하(기준 중위소득 150% 이하)", [4616]),
        ("기준중위소득 180%(4,012,000원) 이하", [4814]),
        ("연소득 본인 60백만원 이하, 부부합산 100백만원 이하", [6000, 10000]),
        ("부부합산 연소득 8천5백만 원 이하", [8500]),
        ("연 소득 1억 2,000만원 이하", [12000]),
        ("신혼부부 합산 연 소득 1.3억원 이하", [13000]),
        # The last of a list says what all of them are; those of others than the young are left out.
        ("연소득 ➊(청년) 5천만원, ➋(청년 외) 6천만원, ➌(신혼부부) 7.5천만원 이하", [5000, 7500]),
        ("연소득 6천만원(기혼자는 부부합산 연소득 8천만원) 이하", [6000, 8000]),
        ("무소득자(부모 합산 연소득 1억원 이하), 직장인(연소득 5천만원 이하)", [5000]),
        # No upper limits, or not of income.
        ("평균 월 급여가 250만 원(세전 기준) 이상", []),
        ("자녀 여부에 따라 부부합산 연 8,000만원~9,800만원", []),
        ("중위소득 150% 이하, 거래금액 2억원 이하", []),
        ("업력 5년 미만, 연 매출 2억원 이하", []),
        ("재산 4억원 이하", []),
        ("직장가입 311천원 이상 제외", []),
        ("공고문 참고", []),
    ],
)
def test_amounts_are_read(text: str, amounts: list[int]) -> None:
    assert [round(ceiling.amount) for ceiling in ceilings(text)] == amounts


@pytest.mark.parametrize(
    ("text", "income", "marital", "expected"),
    [
        ("연소득 5,000만원 이하", 5000, None, False),
        ("연소득 5,000만원 이하", 5001, None, True),
        ("연소득 5,000만원 이하", None, None, None),
        ("부부합산 연소득 8,000만원 이하", 9500, "married", True),
        ("부부합산 연소득 8,000만원 이하", 3000, "married", None),
        ("본인 연소득 5천만원 이하, 부부합산 8천만원 이하", 6000, None, None),
        ("본인 연소득 5천만원 이하, 부부합산 8천만원 이하", 6000, "single", True),
        ("본인 연소득 5천만원 이하, 부부합산 8천만원 이하", 4000, "single", False),
        ("본인 연소득 5천만원 이하, 부부합산 8천만원 이하", 8001, "married", True),
        ("가구 월 소득 400만원 이하", 3000, None, None),
        ("1인 가구 월 소득 300만원 이하", 3000, None, False),
        ("공고문 참고", 3000, None, None),
    ],
)
def test_who_is_over_is_told(text: str, income: int | None, marital: str | None, expected: bool | None) -> None:
    assert exceeds(text, Applicant(annual_income=income, marital_status=marital)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("연소득 5,000만원 이하", True),
        ("월 급여 358만원 미만인 자", True),
        ("1인가구 기준 월 3,109,617원 이하", True),
        ("월 소득 3,847천원 이하(기준 중위소득 150% 이하)", False),
        ("연소득 5천만원 이하이고 무주택", False),
        ("청년 5천만원 이하, 신혼부부 7.5천만원 이하", False),
    ],
)
def test_one_limit_alone_can_be_confirmed(text: str, expected: bool) -> None:
    assert says_nothing_more(text) is expected


@pytest.mark.parametrize(
    ("income", "status", "reason"),
    [
        (4000, "eligible", "소득 ‘연소득 5,000만원 이하’: 가능"),
        (5040, "unknown", "소득 ‘연소득 5,000만원 이하’: 연 5,040만원이면 어려울 수 있어요"),
        (None, "unknown", "소득 ‘연소득 5,000만원 이하’: 확인 필요"),
    ],
)
def test_verdicts_say_so(income: int | None, status: str, reason: str) -> None:
    verdict = assess(policy(income_kind="text", income_text="연소득 5,000만원 이하"), Applicant(annual_income=income))
    assert (verdict.status, verdict.reasons[-1].text) == (status, reason)


def test_a_limit_outside_its_own_field_is_compared_as_well() -> None:
    stated = policy(income_kind="any", extra_conditions="부부합산 연소득 8,000만원 이하로 전세자금 대출을 받은 자")
    reasons = [r.text for r in assess(stated, Applicant(annual_income=9500)).reasons if r.limit == "income"]
    assert reasons == ["소득 ‘연소득 8,000만원 이하’: 연 9,500만원이면 어려울 수 있어요"]


def test_blanks_of_any_kind_may_stand_in_an_amount() -> None:
    text = "연소득 5천\u00a0만원 이하, 연소득 6 천\n만 원 이하"
    assert [ceiling.amount for ceiling in ceilings(text)] == [5000, 6000]


@given(
    st.text(st.sampled_from("0123456789,.천백만억원이하미월연소득 \n\u00a0\u3000()~부부"), max_size=60),
    st.integers(0, 20_000),
)
def test_any_text_is_survived(text: str, income: int) -> None:
    assert all(ceiling.amount >= 0 for ceiling in ceilings(text))
    assert exceeds(text, Applicant(annual_income=income)) in (True, False, None)
