"""What a recommendation says for itself."""

from datetime import date, timedelta

import pytest

from finq.policies.card import card
from finq.policies.eligibility import Applicant
from finq.policies.model import Period, Policy
from finq.policies.recommend import reasons

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (-5, 0, "오늘 마감이에요."),
        (-5, 3, "마감까지 3일 남았어요."),
        (0, 3, "마감까지 3일 남았어요."),
        (2, 3, "접수가 아직 시작되지 않았어요."),
        (2, 60, "접수가 아직 시작되지 않았어요."),
    ],
)
def test_when_one_can_apply(first: int, last: int, expected: str) -> None:
    period = Period(start=TODAY + timedelta(days=first), end=TODAY + timedelta(days=last))
    policy = Policy(
        id="p", name="정책", nationwide=True, application_kind="periods", application_periods=(period,), raw={}
    )
    assert reasons(card(policy, Applicant(), TODAY), ()) == ("알려 준 조건으로 신청할 수 있어요.", expected)
