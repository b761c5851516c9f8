from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from finq.policies.model import Policy
from finq.policies.periods import application, parse_date, parse_periods


def test_two_periods_joined_by_a_backslash_and_n() -> None:
    periods = parse_periods(r"20260101 ~ 20261231\N20270101 ~ 20271231")
    assert [(str(period.start), str(period.end)) for period in periods] == [
        ("2026-01-01", "2026-12-31"),
        ("2027-01-01", "2027-12-31"),
    ]


def test_backwards_ranges_are_turned_and_impossible_days_dropped() -> None:
    (period,) = parse_periods("20260531 ~ 20260401")
    assert (period.start, period.end) == (date(2026, 4, 1), date(2026, 5, 31))
    assert parse_periods("20260231 ~ 20260301") == ()


def test_kinds() -> None:
    assert application("0057001", "20260401 ~ 20260531")[0] == "periods"
    assert application("0057002", "")[0] == "always"
    assert application("0057003", "20260101 ~ 20991231")[0] == "closed"
    assert application("0057001", "")[0] == "unknown"
    assert application("", "", "상시 접수")[0] == "always"
    assert application("", "", "기관별 상이")[0] == "institution"
    assert application("", "", "예산 소진시까지")[0] == "unknown"


@given(st.dates(date(2000, 1, 1), date(2099, 1, 1)), st.integers(0, 400), st.integers(-500, 500))
def test_status_follows_the_dates(start: date, length: int, offset: int) -> None:
    end, today = start + timedelta(length), start + timedelta(offset)
    kind, periods = application("0057001", f"{start:%Y%m%d} ~ {end:%Y%m%d}")
    policy = Policy(id="1", name="정책", application_kind=kind, application_periods=periods, raw={})
    expected = "upcoming" if today < start else "open" if today <= end else "closed"
    assert policy.application_status(today) == expected
    assert policy.deadline(today) == (None if expected == "closed" else end)


@given(st.text(max_size=60))
def test_any_text_is_survived(text: str) -> None:
    parse_date(text)
    for period in parse_periods(text):
        assert period.start <= period.end
