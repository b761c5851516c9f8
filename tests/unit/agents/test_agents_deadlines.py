"""Policies that keep the deadline that was asked for come first, and it is said."""

from datetime import date
from typing import Any

import pytest

from finq.agents import deadlines
from finq.policies.eligibility import Verdict
from finq.policies.model import Period, Policy
from finq.policies.search import Hit
from finq.policies.understanding import understand

TODAY = date(2026, 11, 25)  # a Wednesday


def hit(id_: str, end: date | None, **fields: Any) -> Hit:
    periods = (Period(start=date(2026, 11, 1), end=end),) if end else ()
    common = {"application_kind": "periods" if end else "always", "application_periods": periods}
    return Hit(Policy(id=id_, name=id_, raw={}, **{**common, **fields}), 1.0, Verdict("eligible", ()))


HITS = [
    hit("always", None),
    hit("year-end", date(2026, 12, 31)),
    hit("sunday", date(2026, 11, 29)),
    hit("monday", date(2026, 11, 30)),
    hit("today", TODAY),
    hit("no-end", date(9999, 12, 31)),
]


@pytest.mark.parametrize(
    ("message", "first", "said"),
    [
        ("이번 주 마감되는 정책", ["sunday", "today"], "11월 29일까지 마감되는 정책을 먼저 보여 드려요."),
        ("이번 달까지 신청하는 지원", ["sunday", "monday", "today"], "11월 30일까지 마감되는 정책을 먼저 보여 드려요."),
        ("상시 모집하는 지원", ["always"], "상시 신청할 수 있는 정책을 먼저 보여 드려요."),
    ],
)
def test_in_time_first_and_otherwise_in_their_order(message: str, first: list[str], said: str) -> None:
    stated = understand(message, TODAY)
    assert deadlines.asked_for(stated)
    ordered, sentence = deadlines.in_time_first(HITS, stated, TODAY)
    rest = [one.policy.id for one in HITS if one.policy.id not in first]
    assert [one.policy.id for one in ordered] == [*first, *rest]
    assert sentence == said


def test_none_in_time_is_said() -> None:
    stated = understand("오늘까지 신청할 수 있는 지원", TODAY)
    ordered, sentence = deadlines.in_time_first(HITS[:3], stated, TODAY)
    assert ordered == HITS[:3]
    assert sentence == "11월 25일까지 마감되는 정책은 찾지 못했어요."


def test_a_message_without_a_deadline() -> None:
    assert not deadlines.asked_for(understand("월세 지원 언제까지 신청해요", TODAY))
