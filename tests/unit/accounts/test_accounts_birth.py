"""Ages of people of whom a birth date, a birth year or an age on some day is known."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.accounts.birth import Born

days = st.dates(date(1990, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("born", "today", "oldest", "maybe_younger"),
    [
        (Born.on(date(1991, 11, 22)), date(2026, 11, 21), 34, False),
        (Born.on(date(1991, 11, 22)), date(2026, 11, 22), 35, False),
        (Born.on(date(2000, 2, 29)), date(2026, 2, 28), 25, False),
        (Born.on(date(2000, 2, 29)), date(2026, 3, 1), 26, False),
        (Born.in_year(1991), date(2026, 1, 1), 35, True),
        (Born.in_year(1991), date(2026, 12, 30), 35, True),
        (Born.in_year(1991), date(2026, 12, 31), 35, False),
        (Born.in_year(2026), date(2026, 6, 1), 0, False),
        (Born.in_year(1900), date(2026, 6, 1), 120, False),
        (Born.aged(35, date(2026, 11, 22)), date(2026, 11, 22), 35, False),
        (Born.aged(35, date(2026, 11, 22)), date(2026, 11, 23), 36, True),
        (Born.aged(35, date(2026, 11, 22)), date(2027, 11, 22), 36, False),
    ],
)
def test_ages(born: Born, today: date, oldest: int, maybe_younger: bool) -> None:
    assert (born.oldest(today), born.maybe_younger(today)) == (oldest, maybe_younger)


def test_what_is_known_exactly() -> None:
    day = date(1991, 11, 22)
    assert (Born.on(day).day, Born.on(day).year) == (day, 1991)
    assert (Born.in_year(1991).day, Born.in_year(1991).year) == (None, 1991)
    assert (Born.aged(35, date(2026, 11, 22)).day, Born.aged(35, date(2026, 11, 22)).year) == (None, None)


@given(st.integers(0, 100), days)
def test_an_age_is_that_of_exactly_those_days(age: int, today: date) -> None:
    born = Born.aged(age, today)
    assert Born.on(born.first).oldest(today) == Born.on(born.last).oldest(today) == age
    assert Born.on(born.first - timedelta(1)).oldest(today) == age + 1
    if age:
        assert Born.on(born.last + timedelta(1)).oldest(today) == age - 1


@given(st.integers(0, 100), days, st.integers(0, 4000), st.floats(0, 1))
def test_the_true_age_is_among_those_left(age: int, told: date, later: int, share: float) -> None:
    born = Born.aged(age, told)
    truth = born.first + share * (born.last - born.first)
    today = told + timedelta(later)
    oldest = born.oldest(today)
    assert Born.on(truth).oldest(today) in ({oldest, oldest - 1} if born.maybe_younger(today) else {oldest})
