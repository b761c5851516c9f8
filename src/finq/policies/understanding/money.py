"""Income: a salary a month or a year ("월급 250", "연봉 3천"), and the share of 기준중위소득."""

import re
from collections.abc import Iterator

from finq.policies.understanding import numbers, people
from finq.policies.understanding.stated import Fact

_LIKELY = range(100, 100_000)  # 만원 a year that somebody may earn; anything else was no salary
# `\s*+` gives nothing back, so that a long run of blanks costs its length only.
_EARNS = r"(?=\s*+\d[\d,.]*+\s*+(?:만\s*+원?)?+\s*+(?:씩\s*+)?+(?:정도\s*+)?+(?:벌|버는))"
# Of what one "is paid", only as much as no support pays a month, and not what one could be paid: "월 200 받을 수 있는".
_IS_PAID = (
    r"(?=\s*+(?:1[5-9]|[2-9]\d)\d\s*+(?:만\s*+원?)?+\s*+(?:씩\s*+)?+(?:정도\s*+)?+"
    r"받(?:는데|고(?!\s?싶)|아요|습니다|음(?![가-힣])))"
)
_PER_YEAR = rf"연봉|연\s?소득|연수입|일\s?년\s?소득|작년\s?소득|연간\s?소득|(?<![가-힣])연{_EARNS}"
_PER_MONTH = (
    r"월급|월\s?소득|월\s?수입|월\s?세후|세후|급여|한\s?달\s?(?:수입|소득|월급)"
    rf"|(?<![가-힣])(?:매?월|한\s?달에?)(?:{_EARNS}|{_IS_PAID})"
)
_NUMBER = r"\d[\d,]{0,9}(?:\.\d)?|[일이삼사오육칠팔구십백천]{1,8}"
_INCOME = re.compile(
    rf"(?:(?P<year>{_PER_YEAR})|(?P<month>{_PER_MONTH}))\s*+(?:이|은|는|가|도)?+\s*+(?:세전|세후|약|대략|한)?+\s*+"
    rf"(?:(?P<eok>\d(?:\.\d)?)\s*+억\s*+)?(?P<number>{_NUMBER})?\s*+(?P<unit>천\s?만|백\s?만|만|천|백)?+"
    r"(?:\s*+(?P<more>\d{1,3})\s*+(?P<more_unit>백|십)?+)?+\s*+만?+\s*+(?P<won>원)?+"
)
_LIMIT = re.compile(r"\s*(?:이상|이하|미만|초과|까지|이내|넘|부터|[~\-∼]|정도까지|씩\s?(?:지원|받|주)|지원|보조|환급)")
_SOMEBODY_ELSES = re.compile(
    r"(?:부부\s?합산|합산|가구|부모님?|남편|아내|와이프|배우자|아버지|어머니|아빠|엄마|시급|실업|구직|육아\s?휴직|주거"
    r"|생계|양육)의?\s*$"
)
_MEDIAN = re.compile(
    r"중위\s?소득\s*+(?:의|이|은|는)?+\s*+(?P<percent>\d{2,3})\s*+(?:%|％|퍼센트|프로|퍼)?+"
    r"(?!\d)(?!\s*(?:이상|초과|넘|[~\-∼]|까지))"
    r"(?!\s*(?:이하|이내|미만|밑)\s?(?:만|여야|어야|이어야|까지|조건|기준|[?]))"
)
_NEXT_TO_POOR = re.compile(r"차상위(?!\s*(?:계층)?\s*(?:이|가|는|은)?\s*(?:아니|아닌))")
_NO_INCOME = re.compile(
    r"(?<![가-힣])(?:무소득|소득이?\s?(?:아예\s?|전혀\s?)?없(?:는데|어요|습니다|고(?!\s?싶)|는\s?(?:상태|대학생|취준)))"
)


def annual_income(text: str) -> Fact[int] | None:
    """만원 a year, the person's own."""
    return people.spoken_of(text, list(_incomes(text)))


def median_percent(text: str) -> Fact[int] | None:
    """% of 기준중위소득; "120% 이하" counts as 120, 차상위 as the 50 that defines it."""
    found = [Fact(int(match["percent"]), match.start(), match.end()) for match in _MEDIAN.finditer(text)]
    found = found or [Fact(50, match.start(), match.end()) for match in _NEXT_TO_POOR.finditer(text)]
    return people.spoken_of(text, found)


def _incomes(text: str) -> Iterator[Fact[int]]:
    for match in _INCOME.finditer(text):
        if _SOMEBODY_ELSES.search(text[max(0, match.start() - 10) : match.start()]):
            continue
        amount = _in_ten_thousands(match)
        if amount is None or _LIMIT.match(text, match.end()):
            continue
        yearly = round(amount * 12 if match["month"] else amount)
        if yearly in _LIKELY:
            yield Fact(yearly, match.start(), match.end())
    for match in _NO_INCOME.finditer(text):
        yield Fact(0, match.start(), match.end())


def _in_ten_thousands(match: re.Match[str]) -> float | None:
    eok = float(match["eok"]) * 10_000 if match["eok"] else 0.0
    if match["number"] is None:
        return eok or None
    amount, unit = numbers.amount(match["number"]), re.sub(r"\s", "", match["unit"] or "")
    if unit == "천만" or (unit == "천" and not match["won"]):
        amount *= 1000
        if match["more"]:
            amount += int(match["more"]) * {"백": 100, "십": 10}.get(match["more_unit"] or "", 1)
    elif unit in ("백만", "백"):
        amount *= 100
    elif match["won"] and not unit:
        amount /= 10_000
    return eok + amount
