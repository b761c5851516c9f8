"""Placeholders of the sample: what they become, and how long they stay."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq_local import sample

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{year}년 사업", "2026년 사업"),
        ("{year-39}년생", "1987년생"),
        ("{month+0} ~ {month+0.end}", "20261101 ~ 20261130"),
        ("{month+2}", "20270101"),
        ("{month-11.end}", "20251231"),
        ("{month+3.end:kor}까지", "2027년 2월 28일까지"),
        ("{month+1:dot}", "2026. 12. 1."),
        ("{month+1:ym} 중", "2026년 12월 중"),
        ("[{month+0:m}월 마감]", "[11월 마감]"),
        ("{month-1:iso} 10:00:00", "2026-10-01 10:00:00"),
        ("{week+0}", "20261116"),
        ("{week+11}", "20261127"),
        ("no placeholder", "no placeholder"),
    ],
)
def test_placeholders(text: str, rendered: str) -> None:
    assert sample.render(text, SUNDAY) == rendered


@pytest.mark.parametrize(
    "text", ["{today}", "{month+1:roman}", "{week+1.end}", "{year:dot}", "{year.end}", "{month+}", "{", "}"]
)
def test_unknown_placeholder_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unknown placeholder"):
        sample.render(text, SUNDAY)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-30, 30))
def test_months_follow_each_other_without_a_gap(today: date, offset: int) -> None:
    last = date.fromisoformat(sample.render(f"{{month{offset:+}.end:iso}}", today))
    following = date.fromisoformat(sample.render(f"{{month{offset + 1:+}:iso}}", today))
    assert following - last == timedelta(days=1)


def test_loading_again_in_the_same_week_changes_nothing() -> None:
    # GIVEN a week within one month
    monday = date(2026, 11, 16)
    first = list(sample.records(monday))
    # THEN no day of it renders another record, and the next week changes only the few that hang on the week
    assert all(list(sample.records(monday + timedelta(days=day))) == first for day in range(1, 7))
    changed = sum(a != b for a, b in zip(first, sample.records(monday + timedelta(days=7)), strict=True))
    assert 1 <= changed <= 6


@pytest.mark.parametrize("line", ["[]", "not JSON", '{"plcyNm": 3}', '{"plcyNm": "{tomorrow}"}'])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "policies.jsonl"
    path.write_text(f"{json.dumps({'plcyNm': 'x'})}\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"policies.jsonl, line 2: "):
        list(sample.records(SUNDAY, path))
