"""What kind of change a sentence tells of, how sure it is of it, and the dates it names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

ChangeKind = Literal[
    "eligibility_changed",
    "amount_changed",
    "abolished",
    "budget_spent",
    "closed_early",
    "extended",
    "reopened",
    "rescheduled",
    "closed",
]
KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)

_CHANGED = (
    r"(?:변경|확대|완화|강화|축소|폐지|개편|상향|하향|조정|인상|인하|증액|감액"
    r"|넓[어혀히]|늘[어려린리]|줄[어여인이]|오[르른]|올[라려린])"
)
# The first that fits names the sentence: the more special ones come first.
_PATTERNS: dict[ChangeKind, re.Pattern[str]] = {
    "eligibility_changed": re.compile(rf"(?:자격|요건|기준|대상|연령|나이|거주\s?기간)[^,.]{{0,14}}?{_CHANGED}"),
    "amount_changed": re.compile(
        rf"(?:지원금|지원액|금액|한도|금리|기여금|단가|수당|장려금|월세|보증금|횟수)[^,.]{{0,14}}?{_CHANGED}"
    ),
    "abolished": re.compile(r"(?:사업|제도|정책|운영|지원|모집|신청)\S{0,3}\s?(?:전면\s?)?(?:폐지|중단|종료)"),
    "budget_spent": re.compile(r"(?:예산|재원|물량|지원금)\S{0,2}\s?(?:전액|모두|조기에?|이미|다)?\s?(?:소진|바닥)"),
    "closed_early": re.compile(r"(?:조기|일찍|앞당겨)\s?(?:마감|종료)"),
    "extended": re.compile(
        r"(?:기간|기한|접수|신청|마감|모집|사업|일정)[^,.]{0,16}?연장|연장\s?(?:접수|모집|공고|안내|결정)"
    ),
    "reopened": re.compile(r"(?:추가|재)\s?(?:모집|접수|신청|공고)"),
    "rescheduled": re.compile(
        r"(?:일정|기간|기한|날짜|시기|접수|신청|모집|발표)[^,.]{0,10}?(?:변경|조정|연기)|잠정\s?연기"
    ),
    "closed": re.compile(
        r"(?:접수|신청|모집)\S{0,3}\s?마감\s?(?:완료|됐|되었|했|되어)|마감(?:됐|되었)"
        r"|^(?!.*(?:\d일|까지|오늘|내일|모레|이번|D-)).*(?:접수|신청|모집)\S{0,3}\s?마감\s?(?:안내|공지|알림|[.!…\]\"'’”]|$)"
    ),
}
# "예산이 소진되면 마감", "모집 인원이 차면 일찍 마감": said in every notice, and no change.
_CONDITION = re.compile(
    r"[^,.]*?(?:소진|마감|초과|충족|부족|달성|도달|미달|변동|변경|연장|발생)\S{0,4}?\s?"
    r"(?:시(?:에는|까지)?(?=[\s,.]|$)|되면|하면|될\s?경우|할\s?경우|되는\s?경우|될\s?때|할\s?때|때까지)[^,.]*|[^,.]*(?:차면|넘으면)[^,.]*"
)
_NOT_SO = re.compile(
    r"^\S{0,4}\s?(?:지\s?않|없|아니|안\s|될\s?수|할\s?수|가능(?!성)|여부|임박|우려|유의|주의|전에|전까지)|^\s?(?:후|이후|일\b|시점)"
)
_UNSURE = re.compile(r"검토|논의|추진\s?중|전망|예상|관측|건의|촉구|요구|제안|가능성|소문|루머|카더라|거론")
_PLANNED = re.compile(r"예정|계획|방침")

_DATE = re.compile(
    r"(?:(?P<year>20\d\d)\s?[.년/-]\s?)?(?P<month>1[0-2]|0?[1-9])\s?[.월/-]\s?(?P<day>3[01]|[12]\d|0?[1-9])(?:일|\b)"
)
_YEAR = re.compile(r"20\d\d(?=\s?[.년/-])")
_MOST_DATES = 4


@dataclass(frozen=True)
class Change:
    """A change that `sentence` tells of; `certainty` 0 to 1."""

    kind: ChangeKind
    sentence: str
    certainty: float


def change_in(sentences: Sequence[str]) -> Change | None:
    """The first change that the sentences tell of."""
    return next((change for sentence in sentences if (change := _change(sentence))), None)


def _change(sentence: str) -> Change | None:
    stated = _CONDITION.sub(" ", sentence)
    for kind in KINDS:
        found = _PATTERNS[kind].search(stated)
        if found and not _NOT_SO.match(stated[found.end() :]):
            unsure = _UNSURE.search(sentence)
            return Change(kind, sentence, 0.5 if unsure else 0.85 if _PLANNED.search(sentence) else 1.0)
    return None


def dates(text: str, today: date) -> tuple[date, ...]:
    """At most four days that `text` names, in order. One without a year is the nearest of its name to today."""
    found: dict[date, None] = {}
    for match in _DATE.finditer(text):
        month, day = int(match["month"]), int(match["day"])
        years = [int(match["year"])] if match["year"] else [today.year - 1, today.year, today.year + 1]
        possible = [one for year in years if (one := _day(year, month, day))]
        if possible and (match["year"] or "월" in match[0]):
            found[min(possible, key=lambda one: abs((one - today).days))] = None
    return tuple(list(found)[:_MOST_DATES])


def latest_year(text: str) -> int | None:
    """The last year that `text` names."""
    return max((int(year) for year in _YEAR.findall(text)), default=None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
