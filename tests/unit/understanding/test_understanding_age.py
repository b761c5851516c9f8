"""The age that a message states."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies.understanding import understand

TODAY = date(2026, 11, 22)


def years(text: str) -> tuple[int, int] | None:
    fact = understand(text, TODAY).age
    return (fact.value.low, fact.value.high) if fact else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25살인데 적금", (25, 25)),
        ("25 살 취준생", (25, 25)),
        ("만34세입니다", (34, 34)),
        ("만 나이로 29세", (29, 29)),
        ("나이는 25", (25, 25)),
        ("올해 27이에요", (27, 27)),
        ("35살입니다", (35, 35)),
        ("29세대학생", (29, 29)),
        ("스물다섯 취준생", (25, 25)),
        ("스믈다섯 살이에요", (25, 25)),
        ("스물 여덜인데", (28, 28)),
        ("갓 스무 살", (20, 20)),
        ("서른인데 적금", (30, 30)),
        ("서른하나 백수", (31, 31)),
        ("이십오세", (25, 25)),
        ("20대 청년", (20, 29)),
        ("20대 초반", (20, 23)),
        ("이십대 후반이에요", (27, 29)),
        ("95년생", (30, 31)),
        ("1995년 생인데", (30, 31)),
        ("01년생", (24, 25)),
        ("95년 3월생", (31, 31)),
        ("95년 12월생", (30, 30)),
        ("1995년 11월 22일생", (31, 31)),
        ("1995년 11월 23일에 태어났어요", (30, 30)),
        ("19살 공연 볼 수 있는 패스", (19, 19)),
        ("저 27인데 월세", (27, 27)),
        ("만26 취준생이에요", (26, 26)),
        ("부천 24 대학생", (24, 24)),
        ("충남 사는 취준생 28 우리 지역", (28, 28)),
        ("사천에서 회사 다녀요. 31이고요.", (31, 31)),
        ("강릉 사는 26인데 정장 대여", (26, 26)),
        ("해운대 사는 24 요즘 우울해", (24, 24)),
        ("다닌 지 석달 된 26인데", (26, 26)),
        ("은평구 27 미취업", (27, 27)),
        ("인천 사는 열아홉인데", (19, 19)),
        ("저는 한국 나이 27살, 만 25세예요", (25, 25)),
        ("95년도에 태어났어요", (30, 31)),
        # of whom
        ("동생이 22살인데", (22, 22)),
        ("28살 동생이 힘들어해요", (28, 28)),
        ("우리 애가 20살인데", (20, 20)),
        ("엄마가 55살이고 저는 25살", (25, 25)),
        ("저는 30살 남편은 35살", (30, 30)),
        ("부모님이랑 사는 24살", (24, 24)),
        ("24살인데 아버지가 60세예요", (24, 24)),
        # other times
        ("25살때 받았는데 지금 30살", (30, 30)),
        ("27살인데 34세까지인가요", (27, 27)),
    ],
)
def test_age(text: str, expected: tuple[int, int]) -> None:
    assert years(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "3년 동안",
        "24개월",
        "2년 저축하면",
        "월 50만원",
        "월세 25인데",
        "같이 사는 30평 아파트",
        "퇴사한 지 3년 된 20만원짜리",
        "직장인 30명 이상",
        "월세 내요. 30인데 부담돼요",
        "열하나인데",
        "한국나이로 30살",
        "1유형",
        "K-무브",
        "25~34세 정책",
        "19세 이상 34세 이하",
        "34세까지인가요",
        "34살 까지 되나요",
        "만 18세부터",
        "20살 되면 받나요",
        "39세 넘으면",
        "20대 초반까지",
        "15세 관람가",
        "10살 차이",
        "20세기 소년",
        "20세대 모집",
        "스물다섯 명 모집",
        "서른 개",
        "열심히 일하는데",
        "세 살 아이",
        "5살 아들",
        "20대 1 경쟁",
        "250만원 버는데",
        "999살인데",
        "2025년 사업",
        "95년생부터 되나요",
        "엄마가 55살인데",
        "25살이랑 30살",
        "전화 02-25세",
        "",
    ],
)
def test_no_age(text: str) -> None:
    assert years(text) is None


@given(
    st.integers(15, 60), st.sampled_from(["{}살", "{} 살인데", "만 {}세", "만{}세예요", "저는 {}세입니다", "월세 {}살"])
)
def test_every_age_in_digits(age: int, form: str) -> None:
    assert years(form.format(age)) == (age, age)


TENS = {1: "열", 2: "스물", 3: "서른", 4: "마흔", 5: "쉰", 6: "예순"}
ONES = ("", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉")
COUNTING = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")


@given(st.integers(15, 60), st.sampled_from(["{} 살", "{}살인데 월세", "저는 {}살"]))
def test_every_age_in_words(age: int, form: str) -> None:
    tens = "스무" if age == 20 else TENS[age // 10]
    assert years(form.format(tens + COUNTING[age % 10])) == (age, age)


@given(st.integers(20, 60), st.sampled_from(["{}인데 월세", "저 {}이에요", "{} 취준생"]))
def test_every_age_in_words_alone(age: int, form: str) -> None:
    assert years(form.format(TENS[age // 10] + ONES[age % 10])) == (age, age)


@given(st.integers(15, 60))
def test_every_birth_year(age: int) -> None:
    year = TODAY.year - age
    assert years(f"{year}년생인데") == (age - 1, age)
    assert years(f"{year % 100:02d}년생인데") == (age - 1, age)
