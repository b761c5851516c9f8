"""Upper limits on income that a record states as amounts in words: "연소득 본인 60백만원 이하, 부부합산 1억원 이하"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from finq.policies.eligibility.applicant import Applicant
from finq.policies.won import AMOUNT, won

_BOUND = re.compile(r"\s*\)?\s*(?:\([^()]*\)\s*)?(?:이하|미만|이내)")
_IN_A_LIST = re.compile(r"\s*,")  # "(청년) 5천만원, (신혼부부) 7.5천만원 이하"
_OF_OTHERS = re.compile(r"부모|청년\s?외|재산|자산|매출|거래|대출|보증금|보험료|부담금|월세|시세")
_OF_COUPLES = re.compile(r"부부|신혼|기혼|배우자|다자녀")
_OF_HOUSEHOLDS = re.compile(r"가구|가족|합산|합계")
_SINGLE_HOUSEHOLD = re.compile(r"1\s?인\s?가구")
_MONTHLY = re.compile(r"(?<![가-힣])월(?![가-힣]*세)|월\s?(?:평균|소득|급여|수입)")
_YEARLY = re.compile(r"연\s?(?:소득|간|봉|수입)|(?<![가-힣])연(?![가-힣])|총\s?급여")
_SURELY_YEARLY = 1_000  # 만원; what is less and tells no period is a month's
_READ = 2_000  # characters: real records have fewer, and verdicts must not take longer for longer ones
# What may stand beside a single limit without being another condition.
_NOTHING_MORE = re.compile(
    r"\(\s*세[전후][^()]{0,8}\)|소득\s?수준은\s?건강보험료로\s?판단|1\s?인\s?가구|연간?|월|총|평균|과세|근로|소득|급여|본인|개인|기준"
    r"|이하|미만|이내|인|자|청년|의|이"
)
_LETTER = re.compile(r"[^\W_]")


@dataclass(frozen=True)
class Ceiling:
    """An upper limit in 만원 a year: of the person's own income, or of a couple's or household's together."""

    amount: float
    couple: bool
    household: bool


def ceilings(text: str) -> list[Ceiling]:
    """Those in a record's words; what is no income, or of parents or older people, is left out."""
    return list(_ceilings(text[:_READ]))


def exceeds(text: str, applicant: Applicant) -> bool | None:
    """Whether the person's own income is over every limit that may be theirs; None where that cannot be told.

    Who is over a joint limit alone is over it, and nobody is surely below one. Those of couples are not for singles.
    """
    income = applicant.annual_income
    if income is None:
        return None
    single = applicant.marital_status == "single"
    theirs = [limit for limit in ceilings(text) if not (single and limit.couple)]
    if not theirs:
        return None
    if income > max(limit.amount for limit in theirs):
        return True
    joint = any(limit.couple or limit.household for limit in theirs)
    return None if joint or income > min(limit.amount for limit in theirs) else False


def says_nothing_more(text: str) -> bool:
    """Whether one limit is all that the words ask for."""
    if len(text) > _READ or len(ceilings(text)) != 1:
        return False
    return not _LETTER.search(_NOTHING_MORE.sub("", AMOUNT.sub("", text)))


def _ceilings(text: str) -> Iterator[Ceiling]:
    end = 0
    for match in _bounds(text):
        before, end = text[end : match.start()], match.end()
        if _OF_OTHERS.search(before):
            continue
        amount = (won(match.group()) or 0.0) / 10_000
        if _MONTHLY.search(before) or (amount < _SURELY_YEARLY and not _YEARLY.search(before)):
            amount *= 12
        couple = bool(_OF_COUPLES.search(before))
        household = bool(_OF_HOUSEHOLDS.search(_SINGLE_HOUSEHOLD.sub("", before)))
        yield Ceiling(amount, couple, household)


def _bounds(text: str) -> list[re.Match[str]]:
    """Amounts that are upper limits: by the word after them, or after the last of their list."""
    bounds: list[re.Match[str]] = []
    is_bound = False
    for match in reversed(list(AMOUNT.finditer(text))):
        is_bound = bool(_BOUND.match(text, match.end()) or (is_bound and _IN_A_LIST.match(text, match.end())))
        if is_bound:
            bounds.append(match)
    return bounds[::-1]
