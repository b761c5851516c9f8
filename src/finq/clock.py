"""Today in Korea, whose calendar every deadline follows."""

from datetime import date, datetime, timedelta, timezone

KOREA = timezone(timedelta(hours=9), "KST")  # without daylight saving since 1988


def today() -> date:
    """The date in Korea now."""
    return datetime.now(KOREA).date()
