"""Figures of an answer against what it was given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.agents.grounding import figures, unsupported


@pytest.mark.parametrize(
    ("written", "won"),
    [
        ("70만원", 700_000),
        ("월 70만 원", 700_000),
        ("3,000만원", 30_000_000),
        ("3천만원", 30_000_000),
        ("3천만 원", 30_000_000),
        ("1억 5,000만원", 150_000_000),
        ("1억원", 100_000_000),
        ("300,000원", 300_000),
        ("1.5억원", 150_000_000),
        ("5백만원", 5_000_000),
    ],
)
def test_amounts(written: str, won: int) -> None:
    assert [figure.value for figure in figures(written) if figure.kind == "amount"] == [won]


@pytest.mark.parametrize(
    ("answer", "given_text"),
    [
        ("월 70만원을 받아요", "지원내용: 월 최대 700,000원"),
        ("월 70만원을 받아요", "지원내용: 월 70만 지원"),
        ("연 8,500만원 이하예요", "부부합산 연소득 8천5백만 원 이하"),
        ("만 34세까지예요", "나이: 만 19~34세"),
        ("만 19세부터 34세까지", "나이: 만 19~34세"),
        ("34살이면 돼요", "만 34세 이하"),
        ("11월 30일까지", "신청기간: 2026.11.01 ~ 2026.11.30"),
        ("2026년 11월 30일", "2026-11-30"),
        ("연 5%", "금리 5.0%"),
        ("이자 5 퍼센트", "5%"),
    ],
)
def test_supported_in_another_spelling(answer: str, given_text: str) -> None:
    assert unsupported(answer, given_text) == []


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ("월 80만원을 받아요", ["80만원"]),
        ("만 39세까지", ["39세"]),
        ("2027년 11월 30일까지", ["2027년 11월 30"]),
        ("12월 1일까지", ["12월 1일"]),
        ("연 6%예요", ["6%"]),
    ],
)
def test_invented_figures_are_named(answer: str, missing: list[str]) -> None:
    record = "지원내용: 월 70만원, 금리 5% 나이: 만 19~34세 신청기간: 2026.11.01 ~ 2026.11.30"
    assert unsupported(answer, record) == missing


@given(st.text(alphabet="0123456789,.만천억백원세살%월일년~- 가", max_size=60))
def test_a_text_supports_itself(text: str) -> None:
    assert unsupported(text, text) == []
