"""Application periods: the API's type code and its list of date ranges."""

import re
from datetime import date

from finq.policies.model import ApplicationKind, Period

_KINDS: dict[str, ApplicationKind] = {"0057001": "periods", "0057002": "always", "0057003": "closed"}
_RANGE = re.compile(r"(\d{8})\s*~\s*(\d{8})")
_BY_INSTITUTION = re.compile(
    r"(기관|시군|시·군|시도|대학|학교|지자체|사업|센터|지역|프로그램|기업|과정)\s*별\s*(로\s*)?(상이|다름|별도|공고)"
)
_ALWAYS = re.compile(r"^(상시|연중|수시)(\s*(접수|신청|모집|가능|운영))*$")


def parse_date(text: str) -> date | None:
    """`YYYYMMDD` as a date; None for blanks and days that do not exist."""
    digits = text.strip()
    if not re.fullmatch(r"[0-9]{8}", digits):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def parse_periods(text: str) -> tuple[Period, ...]:
    """Every `YYYYMMDD ~ YYYYMMDD` in `text`, in order of start. A range written backwards is turned round."""
    found = set()
    for first, second in _RANGE.findall(text):
        start, end = parse_date(first), parse_date(second)
        if start and end:
            found.add((min(start, end), max(start, end)))
    return tuple(Period(start=start, end=end) for start, end in sorted(found))


def application(code: str, dates: str, free_text: str = "") -> tuple[ApplicationKind, tuple[Period, ...]]:
    """How and when one can apply, from `aplyPrdSeCd`, `aplyYmd` and the words around them.

    "closed" (마감) stands whatever dates are given: the institution closed it. A type that promises dates but
    has none is read from the free text: "상시", "기관별 상이"; else it is unknown, which never hides a policy.
    """
    kind = _KINDS.get(code.strip(), "unknown")
    periods = parse_periods(dates)
    if kind in ("always", "closed"):
        return kind, periods
    if periods:
        return "periods", periods
    words = f"{dates} {free_text}".strip()
    if _BY_INSTITUTION.search(words):
        return "institution", ()
    return ("always" if _ALWAYS.match(words) else "unknown"), ()
