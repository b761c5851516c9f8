"""The profile with what was said over it: the message wins, and what it overrules is said."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies import regions
from finq.policies.eligibility import Applicant
from finq.policies.understanding import Merged, merge, together, understand
from finq.policies.understanding.merging import with_ro

TODAY = date(2026, 11, 22)


def merged(profile: Applicant, *messages: str) -> Merged:
    return merge(profile, together([understand(message, TODAY) for message in messages]))


def test_an_employer_is_searched_for_by_place_alone() -> None:
    known = Applicant(age=45, region_code="26", employment="self_employed", special=frozenset({"farmer"}))
    said = "제주에서 카페 하는 46살인데 청년을 채용하면 인건비가 나오나요"
    assert merged(known, said) == Merged(
        Applicant(region_code="50"),
        (
            "프로필에는 부산으로 되어 있지만 말씀하신 제주 기준으로 찾았어요.",
            "채용할 사람의 조건이 따로 있어서 지역 말고 다른 조건으로는 거르지 않고 찾았어요.",
        ),
    )
    assert merged(known, said, "그럼 제가 받을 지원은요?").applicant.age == 46


@pytest.mark.parametrize(
    ("profile", "message", "changed", "conflicts"),
    [
        ({}, "적금 추천", {}, ()),
        ({}, "부산 사는 25살 취준생", {"age": 25, "region_code": "26", "employment": "unemployed"}, ()),
        (
            {"region_code": "11"},
            "부산 월세",
            {"region_code": "26"},
            ("프로필에는 서울로 되어 있지만 말씀하신 부산 기준으로 찾았어요.",),
        ),
        ({"region_code": "11620"}, "서울 월세", {}, ()),  # the profile knows the district
        ({"region_code": "41111"}, "수원 월세", {}, ()),
        ({"region_code": "11"}, "관악구 월세", {"region_code": "11620"}, ()),
        (
            {"region_code": "11620"},
            "부산 남구 월세",
            {"region_code": "26290"},
            ("프로필에는 서울 관악구로 되어 있지만 말씀하신 부산 남구 기준으로 찾았어요.",),
        ),
        ({"region_code": "26"}, "중구 월세", {"region_code": "26110"}, ()),  # which 중구, the profile tells
        ({"region_code": "26110"}, "중구 월세", {}, ()),
        ({}, "중구 월세", {}, ()),
        (
            {"region_code": "51110"},
            "중구 월세",
            {"region_code": None},
            ("같은 이름의 지역이 여러 곳이라 지역으로 거르지 않고 찾았어요. 시·도를 알려 주세요.",),
        ),
        (
            {"region_code": "11"},
            "부산이나 대구 월세",
            {"region_code": None},
            ("여러 지역을 말씀하셔서 프로필의 지역으로 거르지 않고 찾았어요.",),
        ),
        ({"region_code": "29110"}, "광주시 월세", {}, ()),
        (
            {"age": 30},
            "25살인데",
            {"age": 25},
            ("프로필에는 만 30세로 되어 있지만 말씀하신 만 25세 기준으로 찾았어요.",),
        ),
        ({"age": 25}, "25살인데", {}, ()),
        ({"age": 26, "maybe_younger": True}, "25살인데", {"age": 25, "maybe_younger": False}, ()),
        ({}, "98년생", {"age": 28, "maybe_younger": True}, ()),
        ({"age": 27}, "98년생", {}, ()),  # the profile knows better
        ({"age": 25}, "20대 청년", {}, ()),
        ({}, "20대 청년", {}, ()),
        (
            {"age": 35},
            "20대 청년",
            {"age": None},
            ("프로필에는 만 35세로 되어 있지만 말씀하신 20대 기준으로 찾았어요.",),
        ),
        (
            {"employment": "employed"},
            "퇴사했어요",
            {"employment": "unemployed"},
            ("프로필에는 재직자로 되어 있지만 말씀하신 미취업자 기준으로 찾았어요.",),
        ),
        (
            {"marital_status": "single"},
            "신혼부부 전세",
            {"marital_status": "married"},
            ("프로필에는 미혼으로 되어 있지만 말씀하신 기혼 기준으로 찾았어요.",),
        ),
        (
            {"annual_income": 3000},
            "연봉 4천",
            {"annual_income": 4000},
            ("프로필에는 연소득 3,000만원으로 되어 있지만 말씀하신 연소득 4,000만원 기준으로 찾았어요.",),
        ),
        ({}, "소득이 없는데", {"annual_income": 0}, ()),
        ({}, "무주택자 월세", {"owns_home": False}, ()),
        ({"special": {"disabled"}}, "한부모인데", {"special": {"disabled", "single_parent"}}, ()),
        (
            {"special": {"disabled"}},
            "장애인은 아니에요",
            {"special": frozenset(), "not_special": {"disabled"}},
            ("프로필에는 장애인으로 되어 있지만 아니라고 하셔서 빼고 찾았어요.",),
        ),
    ],
)
def test_merge(profile: dict[str, Any], message: str, changed: dict[str, Any], conflicts: tuple[str, ...]) -> None:
    known = Applicant(**profile)
    found = merged(known, message)
    assert found.applicant == Applicant(**{**profile, **changed})
    assert found.conflicts == conflicts


def test_the_newest_word_on_each_fact_counts() -> None:
    found = merged(Applicant(), "부산 사는 25살", "아 26살이에요", "월세 지원은?")
    assert (found.applicant.age, found.applicant.region_code) == (26, "26")


def test_a_broader_place_said_later_keeps_the_district() -> None:
    assert merged(Applicant(), "부산 남구 살아요", "부산 월세는요?").applicant.region_code == "26290"
    assert merged(Applicant(), "부산 남구 살아요", "대구 월세는요?").applicant.region_code == "27"
    assert merged(Applicant(), "부산 살아요", "중구요").applicant.region_code is None


def test_groups_are_taken_back_by_later_messages() -> None:
    found = merged(Applicant(), "장애인인데 한부모예요", "장애인은 아니에요")
    assert found.applicant.special == {"single_parent"}
    assert found.applicant.not_special == {"disabled"}


def test_wishes_are_those_of_the_latest_message() -> None:
    told = together([understand("마감된 월세 지원", TODAY), understand("그럼 적금은?", TODAY)])
    assert not told.closed
    assert told.topic == "그럼 적금은?"


@given(st.sampled_from(sorted(regions.names())), st.sampled_from(sorted(regions.names())))
def test_the_message_wins_over_the_region_of_the_profile(home: str, said: str) -> None:
    found = merged(Applicant(region_code=home), f"{regions.name(said)} 사는데 월세")
    code = found.applicant.region_code
    assert code is not None
    assert code == home if regions.parent(home) == said else code[:2] == said[:2]
    assert bool(found.conflicts) == (code != home and regions.parent(code) != home)


@pytest.mark.parametrize(
    ("word", "expected"), [("서울", "서울로"), ("부산", "부산으로"), ("대구", "대구로"), ("20%", "20%로")]
)
def test_particle(word: str, expected: str) -> None:
    assert with_ro(word) == expected
