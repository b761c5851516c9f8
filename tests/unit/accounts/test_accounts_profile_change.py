"""What a profile change sets, and how wrong values are refused."""

from datetime import date
from typing import Any

import pytest

from finq.accounts.api import ProfileChange, columns
from finq.errors import InvalidInput


def changes(**sent: Any) -> dict[str, Any]:
    return columns(ProfileChange.model_validate(sent).model_dump(exclude_unset=True), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({}, {}),
        ({"age": 25}, {"born_from": date(2000, 11, 23), "born_to": date(2001, 11, 22)}),
        ({"age": 0}, {"born_from": date(2025, 11, 23), "born_to": date(2026, 11, 22)}),
        ({"birth_year": 1999}, {"born_from": date(1999, 1, 1), "born_to": date(1999, 12, 31)}),
        ({"birth_date": "1999-02-03"}, {"born_from": date(1999, 2, 3), "born_to": date(1999, 2, 3)}),
        ({"age": None, "birth_year": 1999}, {"born_from": date(1999, 1, 1), "born_to": date(1999, 12, 31)}),
        ({"region": "서울"}, {"region_code": "11"}),
        ({"region": "부산 남구"}, {"region_code": "26290"}),
        ({"region": "26290"}, {"region_code": "26290"}),
        ({"employment": "unemployed"}, {"employment": "unemployed"}),
        ({"employment": "미취업자"}, {"employment": "unemployed"}),
        ({"education": " 대학 재학 "}, {"education": "university_student"}),
        ({"marital_status": "미혼"}, {"marital_status": "single"}),
        ({"annual_income": 0}, {"annual_income": 0}),
        ({"interests": ("주거", "교육", "주거")}, {"interests": ["주거", "교육"]}),
        (
            {"age": None, "region": None, "employment": None},
            {"born_from": None, "born_to": None, "region_code": None, "employment": None},
        ),
        ({"interests": None}, {"interests": []}),
    ],
    ids=str,
)
def test_what_is_sent_becomes_columns(sent: dict[str, Any], stored: dict[str, Any]) -> None:
    assert changes(**sent) == stored


@pytest.mark.parametrize(
    ("sent", "field", "hint"),
    [
        ({"region": "아틀란티스"}, "region", "부산 남구"),
        ({"region": "중구"}, "region", "시·도"),
        ({"region": "99999"}, "region", "시·도"),
        ({"employment": "백수"}, "employment", "미취업자"),
        ({"education": "유치원"}, "education", "대학 재학"),
        ({"marital_status": "비혼"}, "marital_status", "미혼"),
        ({"birth_year": 2027}, "birth_year", "2026"),
        ({"birth_year": 1905}, "birth_year", "1906"),
        ({"birth_date": "2026-11-23"}, "birth_date", "오늘까지"),
        ({"birth_date": "1905-12-31"}, "birth_date", "1906"),
        ({"age": 20, "birth_year": 2006}, "age", "하나만"),
        ({"birth_date": "2006-01-02", "birth_year": 2006}, "birth_year", "하나만"),
    ],
    ids=str,
)
def test_unknown_values_are_refused_with_a_hint(sent: dict[str, Any], field: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        changes(**sent)
    assert refused.value.details is not None
    assert hint in refused.value.details["fields"][field]


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        changes(region="아틀란티스", employment="백수")
    assert refused.value.details is not None
    assert set(refused.value.details["fields"]) == {"region", "employment"}
