"""Work, schooling, marriage, housing, special groups, majors and income that a message states."""

from datetime import date
from typing import Any

import pytest

from finq.policies.understanding import Fact, understand

TODAY = date(2026, 11, 22)
FIELDS = (
    "employment",
    "education",
    "marital_status",
    "owns_home",
    "major",
    "special",
    "not_special",
    "annual_income",
    "median_income_percent",
)


def stated(text: str) -> dict[str, Any]:
    told = understand(text, TODAY)
    values = {name: getattr(told, name) for name in FIELDS}
    return {
        name: value.value if isinstance(value, Fact) else {fact.value for fact in value}
        for name, value in values.items()
        if value not in (None, ())
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # work
        ("부산 사는 취준생 면접 정장", {"employment": "unemployed"}),
        ("중랑구 미취업청년 자격증", {"employment": "unemployed"}),
        ("회사 잘렸는데 실업급여", {"employment": "unemployed"}),
        ("퇴사 했어요", {"employment": "unemployed"}),
        ("회사 다니다가 그만뒀어요", {"employment": "unemployed"}),
        ("일년째 쉬고있어요", {"employment": "unemployed"}),
        ("직장인도 되나요", {"employment": "employed"}),
        ("경주 회사 다니는데", {"employment": "employed"}),
        ("회사다니면서 들 수 있는 적금", {"employment": "employed"}),
        ("취직한지 석달 됐어요", {"employment": "employed"}),
        ("정규직으로 주5일 다니는 27살", {"employment": "employed"}),
        ("창원 공단 다니는데", {"employment": "employed"}),
        ("주5일 근무하는 회사 찾아요", {}),
        ("저는 프리랜서예요", {"employment": "freelancer"}),
        ("백수 아니고 프리랜서", {"employment": "freelancer"}),
        ("알바 하는데 적금", {"employment": "short_term"}),
        ("식당하는 41살인데", {"employment": "self_employed"}),
        ("작년에 가게 열었는데", {"employment": "self_employed"}),
        ("아직 사업자 없는데 창업자금", {"employment": "founder"}),
        ("원주에서 창업 준비하는데", {"employment": "founder"}),
        ("밥집 차리고 싶은데", {"employment": "founder"}),
        ("농사짓는 36살", {"employment": "farmer", "special": {"farmer"}}),
        ("중소기업 다니면서", {"employment": "employed", "special": {"small_business"}}),
        # school years, and what ends with school
        ("고2 받을 수 있는 장학금", {"education": "high_school_student"}),
        ("고3 수험생인데", {"education": "high_school_student"}),
        ("고3 졸업 앞두고 취업", {"education": "high_school_graduating"}),
        ("고등학교 졸업예정이에요", {"education": "high_school_graduating"}),
        ("대2 해외 인턴", {"education": "university_student"}),
        ("졸업예정자가 받을 지원금", {"education": "university_graduating"}),
        ("고3 엄마예요", {}),
        ("고1 때 이사왔어요", {}),
        ("살고 1인 가구 지원", {}),
        ("집 나가고3개월", {}),
        ("20대2명 월세", {}),
        ("세대1주택 대출", {}),
        # what is only asked about, over, or somebody else's
        ("취업 지원 프로그램 알려줘", {}),
        ("창업 지원금", {}),
        ("여름방학 알바", {}),
        ("알바비를 떼였어요", {}),
        ("퇴사하면 받을 수 있나요", {}),
        ("취업했을 때 주는 돈", {}),
        ("구직지원금", {}),
        ("청년농업인 지원", {}),
        ("엄마가 자영업자인데", {}),
        ("남편이 회사 다니는데", {"marital_status": "married"}),
        ("회사 다니면서 창업 준비중", {}),  # two states: neither may keep policies out
        # schooling
        ("대학생인데 장학금", {"education": "university_student"}),
        ("대학생도 되나요", {"education": "university_student"}),
        ("간호학과 4학년인데", {"education": "university_student"}),
        ("휴학중", {"education": "university_student"}),
        ("고3인데", {"education": "high_school_student"}),
        ("고졸인데", {"education": "high_school_graduate"}),
        ("대학원생", {"education": "postgraduate"}),
        ("고등학교 졸업했고 이번에 대학 들어갔어요", {"education": "university_student"}),
        ("우리 딸이 대학생인데", {"education": "university_student"}),
        ("아픈 아버지 돌보는 대학생인데", {"education": "university_student"}),
        ("대학생 기숙사", {}),
        ("대학생 아닌데", {}),
        ("대학생 때 받은", {}),
        ("졸업예정자 채용", {}),
        ("공대 나왔어요", {"major": "engineering"}),
        ("경영학과 3학년", {"education": "university_student", "major": "business"}),
        ("미대생인데", {"major": "arts_sports"}),
        ("공학 교육", {}),
        # marriage
        ("신혼부부 전세", {"marital_status": "married"}),
        ("결혼 3년차에", {"marital_status": "married"}),
        ("혼인신고 했는데", {"marital_status": "married"}),
        ("24살 미혼이고요", {"marital_status": "single"}),
        ("결혼 안 했어요", {"marital_status": "single"}),
        ("아직 혼인신고는 안했고 동거해요", {"marital_status": "single"}),
        ("작년에 혼인신고했어요", {"marital_status": "married"}),
        ("저 여잔데 들어갈 수 있나요", {"special": {"women"}}),
        ("예비 신혼부부", {}),
        ("결혼하고 싶어요", {}),
        ("결혼장려금", {}),
        ("미혼모인데", {"special": {"single_parent"}}),
        ("여기 혼자 있어요", {}),
        ("아 내가 받을 수 있나", {}),
        # housing
        ("무주택자인데", {"owns_home": False}),
        ("집이 없는데", {"owns_home": False}),
        ("집 샀어요", {"owns_home": True}),
        # special groups
        ("장애인인데", {"special": {"disabled"}}),
        ("장애인은 아닌데", {"not_special": {"disabled"}}),
        ("비장애인인데", {}),
        ("기초생활수급자인데", {"special": {"basic_livelihood"}}),
        ("한부모 가정이에요", {"special": {"single_parent"}}),
        ("남자인데 되나요", {"not_special": {"women"}}),
        ("여자인데 혼자 살아요", {"special": {"women"}}),
        ("남자친구랑 사는데", {}),
        ("여자 친구가 있어요", {}),
        ("지금 일병인데", {"special": {"soldier"}}),
        ("공익 근무중인데", {"special": {"soldier"}}),
        ("군대간 아들 상해보험", {}),
        ("아버지가 장애인인데", {}),
        # income
        ("월급 250만원 받는데", {"annual_income": 3000}),
        ("월급이 이백오십만원", {"annual_income": 3000}),
        ("월급 250", {"annual_income": 3000}),
        ("연봉 3천인데", {"annual_income": 3000}),
        ("연봉 3천5백", {"annual_income": 3500}),
        ("연봉 삼천오백", {"annual_income": 3500}),
        ("연봉 3,600만 원", {"annual_income": 3600}),
        ("연봉 30000000원", {"annual_income": 3000}),
        ("연봉 1억 2천", {"annual_income": 12000}),
        ("월 230만원 벌어요", {"annual_income": 2760}),
        ("직장인이고 월 420 받는데", {"employment": "employed", "annual_income": 5040}),
        ("한달 420 버는데", {"annual_income": 5040}),
        ("한 달에 250만원 정도 벌어요", {"annual_income": 3000}),
        ("월 200 받고 다니는데", {"annual_income": 2400}),
        ("월 20만원 받고 있는데", {}),
        ("월 200 받을 수 있는 지원", {}),
        ("월 200 받고 싶은데", {}),
        ("소득이 없는데", {"annual_income": 0}),
        ("연소득 5000만원 이하 정책", {}),
        ("연봉 제한 있어요?", {}),
        ("월 50만원 지원", {}),
        ("부부합산 소득 7천만원", {}),
        ("아버지 월급 300만원", {}),
        ("중위소득 120%", {"median_income_percent": 120}),
        ("기준중위소득 100 프로 이하예요", {"median_income_percent": 100}),
        ("중위소득 150% 이하만 되나요", {}),
        ("중위소득 150% 초과", {}),
        ("차상위계층이에요", {"median_income_percent": 50}),
    ],
)
def test_circumstances(text: str, expected: dict[str, Any]) -> None:
    assert stated(text) == expected
