import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies import regions


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("서울", "11"),
        ("서울시", "11"),
        ("경기도", "41"),
        ("전북", "52"),
        ("전라북도", "52"),
        ("강원도", "51"),
        ("부산 남구", "26290"),
        ("부산광역시  남구", "26290"),
        ("경기 광주", "41610"),
        ("광주", "29"),
        ("광주 남구", "29155"),
        ("수원", "41110"),
        ("수원시 장안구", "41111"),
        ("강남", "11680"),
        ("제주", "50"),
        ("제주시", "50110"),
        ("세종시", "36"),
        ("강원 고성", "51820"),
        ("26290", "26290"),
        ("11", "11"),
    ],
)
def test_usual_spellings(text: str, code: str) -> None:
    assert regions.parse_region(text) == code


@pytest.mark.parametrize("text", ["중구", "고성군", "강서구", "달나라", "", "99", "99999", "서울 해운대구"])
def test_ambiguous_or_unknown_regions_are_none(text: str) -> None:
    assert regions.parse_region(text) is None


def test_every_region_is_found_by_its_full_name() -> None:
    for code, (sido, _) in regions.names().items():
        assert regions.parse_region(regions.name(code)) == ("36" if sido.startswith("세종") else code)


def test_all_seventeen_sido() -> None:
    assert set(regions.sido_names()) == set(regions.SIDO_SHORT)
    assert len(regions.SIDO_SHORT) == 17


def test_a_city_covers_its_districts_and_they_make_up_the_city() -> None:
    assert regions.coverage(["41110"], "41111") == "full"
    assert regions.coverage(["41111"], "41110") == "partial"
    assert regions.coverage(["41111", "41113", "41115", "41117"], "41110") == "full"
    assert regions.coverage(["41110"], "41") == "partial"
    assert regions.coverage(["11680"], "11650") == "none"


@given(st.sampled_from(sorted(regions.names())), st.sets(st.sampled_from(sorted(regions.names())), max_size=5))
def test_related_codes_agree_with_coverage(code: str, listed: set[str]) -> None:
    touches = bool(regions.related(code) & listed)
    assert touches == (regions.coverage(listed, code) != "none")


def test_native_lists() -> None:
    everywhere = [code for code in regions.names() if code[-1] != "0" or code not in ("41110",)]
    assert regions.normalise_codes(everywhere) == ((), True)
    assert regions.normalise_codes(["45111"]) == (("52111",), False)
    codes, nationwide = regions.normalise_codes(["12240"])
    assert not nationwide
    assert {"12240", "29110", "29200"} <= set(codes)


def test_descriptions() -> None:
    assert regions.describe((), nationwide=True) == "전국"
    assert regions.describe(("26290",), nationwide=False) == "부산광역시 남구"
    assert regions.describe(("26290", "26110", "26140"), nationwide=False) == "부산광역시 중구 외 2곳"
    assert regions.describe(tuple(c for c in regions.names() if c[:2] == "44"), nationwide=False) == "충청남도"
    assert regions.describe(("44130", "44131", "44133"), nationwide=False) == "충청남도 천안시"
    assert regions.describe((), nationwide=False) == "지역 확인 필요"
