"""Places that a message names beside the person's own."""

from datetime import date

import pytest

from finq.policies.understanding import understand

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("message", "home", "others"),
    [
        ("대구 사는데 부산 여행가면 할인되는 패스 있대요", "27", ("26",)),
        ("제주 한달살기 부산 사람도 갈 수 있나요", "26", ("50",)),
        ("성남에서 회사 다니고 서울 관악구 살아요", "11620", ("41130",)),
        ("서울이나 경기 전세 대출", None, ("11", "41")),
        ("부산 출신인데 서울 살아요", "11", ()),
        ("서울 말고 인천 사는데요", "28", ()),
        ("부산 남구 사는 부산 사람", "26290", ()),
        ("부산으로 놀러 가요", None, ()),
        ("주소는 공주로 돼있고 서울에서 자취해요", "44150", ("11",)),
        ("서울 자취하는데 주소지는 청주예요", "43110", ("11",)),
        ("주민등록은 대구고 부산에서 살아요", "27", ("26",)),
        ("등본상 부산 주소인데 서울 살아요", "26", ("11",)),
        ("주소는 인천인데 서울로 이사가요", "11", ("28",)),
        ("부모님 주소는 대구인데 저는 서울 살아요", "11", ()),
        ("회사 주소는 대구인데 부산 살아요", "26", ("27",)),
        ("집은 사천이고 직장이 진주임. 진주시 청년정책 위원", "48240", ("48170",)),
        ("천안 동남구 사는데 천안시 청년수당", "44131", ()),
        ("경남 창원 사는데 경남 청년통장", "48120", ()),
        ("예산이 부족해요 주소 알려줘요", None, ()),
    ],
)
def test_other_places(message, home, others):
    told = understand(message, TODAY)
    assert (told.region_code and told.region_code.value, told.other_regions) == (home, others)


def test_every_meaning_of_a_name_is_asked_about():
    told = understand("중구 청년 월세", TODAY)
    assert told.region_code is None
    assert set(told.places_asked_about) == set(told.region_candidates) >= {"11140", "26110"}


@pytest.mark.parametrize(
    ("message", "topic"),
    [
        ("충남 도서관 알바", "도서관 알바"),
        ("충북 도시농부 일당", "도시농부 일당"),
        ("달서구청 여름방학 알바", "여름방학 알바"),
        ("강원도 청년 적금", "청년 적금"),
    ],
)
def test_a_place_takes_no_letter_of_the_next_word_along(message, topic):
    assert understand(message, TODAY).topic == topic
