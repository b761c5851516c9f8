"""Which of the saved policies want attention today."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies.card import card
from finq.policies.eligibility import Applicant
from finq.policies.model import Period, Policy
from finq.saved.model import Progress, UserPolicy
from finq.saved.today import due_date, plan

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def policy(*periods: tuple[int, int], kind: str = "periods") -> Policy:
    """A policy whose periods are given as days from today."""
    days = [(TODAY + timedelta(days=start), TODAY + timedelta(days=end)) for start, end in periods]
    spans = tuple(Period(start=start, end=end) for start, end in days)
    return Policy(id="p", name="정책", application_kind=kind, application_periods=spans, raw={})


def saved(d_day: int | None, **fields: Any) -> UserPolicy:
    values: dict[str, Any] = {
        "id": uuid4(),
        "status": "interested",
        "personal_deadline": None,
        "notes": "",
        "remind_days_before": None,
        "due": None if d_day is None else TODAY + timedelta(days=d_day),
        "d_day": d_day,
        "progress": Progress(done=1, total=3),
        "policy": card(policy(), Applicant(), TODAY),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return UserPolicy(**(values | fields))


@pytest.mark.parametrize(
    ("subject", "personal", "days"),
    [
        (policy((-5, 5)), None, 5),
        (policy((-5, 5)), 2, 2),
        (policy((-5, 5)), -1, -1),
        (policy((3, 9)), None, 9),
        (policy((-30, -20), (3, 9)), None, 9),
        (policy((-30, -20), (-9, -3)), None, -3),
        (policy(), None, None),
        (policy(kind="always"), None, None),
        (policy(kind="always"), 4, 4),
        (policy((-5, 5), kind="closed"), None, None),
    ],
)
def test_what_is_due_when(subject: Policy, personal: int | None, days: int | None) -> None:
    mine = None if personal is None else TODAY + timedelta(days=personal)
    expected = None if days is None else TODAY + timedelta(days=days)
    assert due_date(subject, mine, TODAY) == expected


def test_a_period_without_an_end_is_never_due() -> None:
    endless = policy().model_copy(update={"application_periods": (Period(start=TODAY, end=date.max),)})
    assert due_date(endless, None, TODAY) is None
    after_one_that_ended = policy((-30, -20)).application_periods + endless.application_periods
    endless = endless.model_copy(update={"application_periods": after_one_that_ended})
    assert due_date(endless, None, TODAY) is None


@pytest.mark.parametrize(
    ("d_day", "lists"),
    [
        (-8, []),
        (-7, ["overdue"]),
        (-1, ["overdue"]),
        (0, ["due_today"]),
        (1, ["due_soon"]),
        (14, ["due_soon"]),
        (15, []),
    ],
)
def test_the_edges_of_the_lists(d_day: int, lists: list[str]) -> None:
    today = plan([saved(d_day)], [], TODAY)
    assert [name for name in ("overdue", "due_today", "due_soon") if getattr(today, name)] == lists


@pytest.mark.parametrize(
    ("d_day", "remind", "reminded"),
    [(3, 3, True), (4, 3, False), (0, 0, True), (0, 3, True), (-1, 3, False), (None, 3, False), (1, None, False)],
)
def test_reminders(d_day: int | None, remind: int | None, reminded: bool) -> None:
    assert bool(plan([saved(d_day, remind_days_before=remind)], [], TODAY).reminders) == reminded


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-30, 30)),
            st.sampled_from(["interested", "preparing", "applied", "selected", "rejected"]),
        )
    )
)
def test_each_thing_stands_in_one_list_by_nearest_day_and_nothing_that_is_applied_for(
    things: list[tuple[int | None, str]],
) -> None:
    items = [saved(d_day, status=status, remind_days_before=60) for d_day, status in things]
    today = plan(items, [], TODAY)
    listed = [*today.overdue, *today.due_today, *today.due_soon]
    assert len({item.id for item in listed}) == len(listed)
    for group in (today.overdue, today.due_soon, today.reminders):
        days = [item.d_day for item in group]
        assert days == sorted(days)  # type: ignore[type-var]
        assert {item.status for item in group} <= {"interested", "preparing"}
    assert today.saved == len(items)
    assert today.documents.total == 3 * sum(item.status in {"interested", "preparing"} for item in items)
