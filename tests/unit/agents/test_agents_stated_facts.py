"""What a message says about the person, over the profile."""

from datetime import date
from typing import Any

import pytest

from finq.agents.conversation import Question, Turn
from finq.agents.policy_search import SearchPlan, stated_facts
from finq.policies.eligibility import Applicant

PROFILE = Applicant(age=40, region_code="11620", employment="employed")


def told(message: str, *, before: str = "", **plan: Any) -> Applicant:
    history = (Turn("user", before), Turn("assistant", "만 70세이고 제주에 사는 사람만 돼요")) if before else ()
    question = Question(text=message, today=date(2026, 11, 22), applicant=PROFILE, history=history)
    return stated_facts(SearchPlan.model_validate({"query": "q", **plan}), question).applicant


@pytest.mark.parametrize(
    ("message", "plan", "expected"),
    [
        ("25살인데 적금", {"age": 25}, {"age": 25}),
        ("스물다섯인데 적금", {"age": 25}, {"age": 25}),
        ("98년생인데 적금", {"age": 27}, {"age": 28, "maybe_younger": True}),
        ("서른인데 적금", {"age": 30}, {"age": 30}),
        ("스물세 살인데 적금", {"age": 20}, {"age": 23}),
        ("적금 추천", {"age": 25}, {}),
        ("열심히 일하는데 적금", {"age": 25}, {}),
        ("98년생인데 적금", {"age": 40 + 5}, {"age": 28, "maybe_younger": True}),
        ("스물다섯인데 적금", {"age": 52}, {"age": 25}),
        ("250만원 버는데", {"age": 25}, {}),
        ("999살인데", {"age": 999}, {}),
        ("25랑 26 중에 26이 제 나이예요", {"age": 26}, {"age": 26}),  # no rule reads it, but the words hold it
        ("34세까지 되는 적금", {"age": 34}, {}),
        ("남편이 35살인데 적금", {"age": 35}, {"marital_status": "married"}),
        ("부산 출신인데 적금", {"region": "부산"}, {}),
        ("36개월 넣으면 얼마예요", {"age": 36}, {}),
        ("25살", {"age": "스물"}, {"age": 25}),
        ("부산 남구 사는데", {"region": "부산 남구"}, {"region_code": "26290"}),
        ("부산에서 월세", {"region": "부산광역시"}, {"region_code": "26"}),
        ("서울 사는데", {"region": "서울"}, {}),  # the profile knows the district
        ("월세 지원", {"region": "부산"}, {}),
        ("화성 사는데", {"region": "안드로메다"}, {"region_code": "41590"}),
        ("판교 쪽 성남이 집이에요, 분당은 아니고", {"region": "경기 성남시"}, {"region_code": "41130"}),
        ("남구 사는데", {"region": "부산 남구"}, {"region_code": None}),  # nobody said 부산,
        ("백수예요", {"employment": "unemployed"}, {"employment": "unemployed"}),
        ("적금 추천", {"employment": "unemployed"}, {}),
        ("취업 지원 프로그램 알려줘", {"employment": "unemployed"}, {}),
        ("지난달에 퇴사했어요", {"employment": "unemployed"}, {"employment": "unemployed"}),
        ("카페 사장이에요", {"employment": "self_employed"}, {"employment": "self_employed"}),
        ("편의점 알바 중이에요", {"employment": "short_term"}, {"employment": "short_term"}),
        ("백수예요", {"employment": "king"}, {"employment": "unemployed"}),
        ("백수예요", {"employment": {"name": "unemployed"}}, {"employment": "unemployed"}),
        ("쇼핑몰 운영하며 사업 중", {"employment": "self_employed"}, {"employment": "self_employed"}),
        ("대학에서 공부해요", {"education": "university_student"}, {"education": "university_student"}),
        ("적금 추천", {"education": "university_student"}, {}),
        ("재작년에 식 올린 부부", {"marital_status": "married"}, {"marital_status": "married"}),
        ("적금 추천", {"marital_status": "single"}, {}),
        ("다달이 230 정도 들어와요", {"annual_income": 2760}, {"annual_income": 2760}),
        ("다달이 230 정도 들어와요", {"annual_income": 5000}, {}),
        ("아직 아파트는 못 샀어요", {"owns_home": False}, {"owns_home": False}),
        ("적금 추천", {"owns_home": False}, {}),
    ],
)
def test_only_what_the_person_said_counts(message: str, plan: dict[str, Any], expected: dict[str, Any]) -> None:
    assert told(message, **plan) == PROFILE.model_copy(update=expected)


def test_earlier_turns_of_the_person_count_and_quoted_answers_do_not() -> None:
    assert told("그럼 적금은?", before="저는 26살이에요", age=26).age == 26
    assert told("그럼 적금은?", before="적금 알려줘", age=70, region="제주") == PROFILE
