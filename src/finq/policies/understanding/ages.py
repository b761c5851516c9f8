"""Age: "25살", "스물다섯", "이십대 후반", "95년생", "98년 3월생". Limits ("34세까지") and other people are not it."""

import re
from collections.abc import Iterator
from datetime import date

from finq.policies.understanding import numbers, people
from finq.policies.understanding.stated import Age, Fact

_YOUNGEST, _OLDEST = 14, 100  # younger ones are somebody's children, whom these policies are not for

# A limit or a condition ("34세까지", "30살 되면"), another time ("20살 때"), a difference.
_NOT_THEIRS = (
    r"(?!\s*(?:[~\-–∼]|이상|이하|미만|초과|부터|까지|이전|이후|이내|넘|전까|전에|되면|되기|될|때|차이|연상|연하"
    r"|어린|많은|관람))"
)
# 세대, 세상, 20세기, 세트, 세계, 세금, 세입자, 세제, 세탁, 세무, but 35세입니다 and 29세대학생
_AGE_UNIT = r"(?:살|세(?!대(?!학|출|구|전)|상|기(?!초)|트|계|금|입자|제|탁|무)|쌀|샬)"
_UNIT = rf"\s*{_AGE_UNIT}{_NOT_THEIRS}"
_NOT_BEFORE = r"(?<![\d.,~\-–∼/])(?<![~\-–∼]\s)"
_IS = r"(?:인데|이고|이에|이예|예요|입니|이며|이라|이야|이요|임|인\s)"
_KIND = r"\s+(?:청년|취준|백수|직장인|대학생|여자|남자|여성|남성|무직|미취업|미혼|기혼)"  # "24 대학생"
_SMALL = r"(?:1[5-9]|[23]\d)"  # without a unit, what most of those who ask are
# "사는 24 요즘", "취준생 28", "다닌 지 석달 된 26인데", "다녀요. 31이고요", "나 서울 25"
_LEADS = (
    r"(?:(?:사는|살고|거주)\s?(?:중인\s)?|(?:취준생|백수|직장인|대학생|무직)\s|(?:달|년|개월)\s?된\s|[.!?]\s(?=\d\d이고)"
    r"|^(?:나|저)\s[가-힣]{2,5}\s)"
)
_NO_COUNT = r"(?!\s*(?:[%~\-–∼\d.:/년월일시분초주달개만천백명번층평호차회기위등점곳배살세대]|학점|도\s))"
_MINE = r"(?:나이[는가]?\s*(?:만\s*)?|올해\s*|(?<![가-힣])(?:저는|저|제가|나는|나|전)\s*|(?<![가-힣\d])만\s*)"
_OTHER_COUNT = re.compile(r"한국\s?(?:식\s?)?나이로?(?:는|론)?\s*$")  # a year or two more than 만 나이
_EXACT = re.compile(
    rf"{_NOT_BEFORE}(?:만\s*)?(?P<digits>\d{{2}}){_UNIT}"
    rf"|{_NOT_BEFORE}{_MINE}(?P<mine>\d{{2}})(?=\s*(?:{_IS}|[,.]|$)|{_KIND})"
    rf"|{_NOT_BEFORE}(?<![가-힣])(?P<bare>1[5-9]|[2-4]\d)(?={_KIND})"
    rf"|{_LEADS}(?P<led>{_SMALL})(?={_IS}|[\s,.!?]|$){_NO_COUNT}"
    rf"|(?<![가-힣])(?:만\s*)?(?P<sino>{numbers.SINO}){_UNIT}"
    rf"|(?<![가-힣])(?:만\s*)?(?P<native>{numbers.NATIVE}){_UNIT}"
    rf"|(?<![가-힣])(?P<alone>(?!열(?!여섯|일곱|여덟|아홉)){numbers.NATIVE})(?={_IS}|{_KIND}|\s*[,.!?]|\s*$)"
)
_PARTS = {"초반": (0, 3), "중반": (4, 6), "후반": (7, 9), "초중반": (0, 6), "중후반": (4, 9)}
_DECADE = re.compile(
    r"(?:(?<![\d.,~\-–∼])(?P<digits>[1-9]0)|(?<![가-힣])(?P<sino>[이삼사오육]?십))\s*대(?!\s*[~\-–∼1-9]|로|출|학|를|의)"
    r"\s*+(?P<part>초중반|중후반|초반|중반|후반)?+(?!\s*(?:이상|이하|까지|부터|때))"
)
_BORN = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2}|\d{2})\s*년도?\s*(?:(?P<month>\d{1,2})\s*월\s*(?:(?P<day>\d{1,2})\s*일\s*)?)?"
    r"(?:생(?![활산각])|에?\s*태어)(?!\s*(?:[~\-–∼]|부터|까지|이상|이하|이후|이전))"
)


def find(text: str, today: date) -> Fact[Age] | None:
    """The age of the person meant, if the message tells one and only one."""
    found = [fact for fact in mentions(text, today) if fact.value.low >= _YOUNGEST and fact.value.high <= _OLDEST]
    return people.spoken_of(text, found)


def mentions(text: str, today: date) -> Iterator[Fact[Age]]:
    """Every age in the message, anybody's."""
    for match in _EXACT.finditer(text):
        if _OTHER_COUNT.search(text[max(0, match.start() - 10) : match.start()]):
            continue
        if digits := match["digits"] or match["mine"] or match["bare"] or match["led"]:
            years = int(digits)
        else:
            years = numbers.sino(match["sino"]) if match["sino"] else numbers.native(match["native"] or match["alone"])
        yield Fact(Age(years, years), match.start(), match.end())
    for match in _DECADE.finditer(text):
        decade = int(match["digits"]) if match["digits"] else numbers.sino(match["sino"])
        first, last = _PARTS.get(match["part"] or "", (0, 9))
        yield Fact(Age(decade + first, decade + last), match.start(), match.end())
    for match in _BORN.finditer(text):
        yield Fact(_since(match, today), match.start(), match.end())


def _since(match: re.Match[str], today: date) -> Age:
    year = int(match["year"])
    if year < 100:
        year += 2000 if year <= today.year - 2000 else 1900
    years = today.year - year
    if match["month"] is None:
        return Age(years - 1, years)
    month, day = int(match["month"]), int(match["day"] or 0)
    if month == today.month and not day:
        return Age(years - 1, years)
    had_birthday = (month, day) <= (today.month, today.day)
    return Age(years, years) if had_birthday else Age(years - 1, years - 1)
