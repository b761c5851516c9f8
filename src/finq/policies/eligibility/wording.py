"""Income and housing as a record states them in words: that makes a verdict "unknown" or confirms it, no more."""

import re
from dataclasses import dataclass

from finq.policies.eligibility import amounts
from finq.policies.eligibility.applicant import Applicant
from finq.policies.eligibility.verdict import Reason, met, quoted, unsure
from finq.policies.model import Policy

# "중위소득 150% 이하", "중위소득 60% 초과 150% 이하", "중위소득 50~100%"; not "중위소득 140% 이상".
_MEDIAN = re.compile(
    r"(?:기준\s*)?중위\s*소득\s*(?:의\s*)?"
    r"(?:(?P<low>\d{1,3})\s*(?:%\s*(?:초과|이상)?\s*[~∼～-]?|[~∼～-])\s*)?"
    r"(?P<high>\d{1,3})\s*(?:%|퍼센트)(?:\([^()]*\))?(?!\s*(?:이상|초과))\s*(?:이하|이내|(?P<below>미만)|까지)?"
)
# What may stand beside it without being another condition.
_NOTHING_MORE = re.compile(
    r"\([^()]{0,60}\d\s*원[^()]{0,60}\)|\d{2,4}년도?|\d\s*인\s*기준|건강보험료|본인부담금?|소득인정액|판정|소득|가구원?|가족|개인|기준"
    r"|청년|대상|이하|이내|인\s*자|인|자|의"
)
# Percentages that grade the help or the order of selection; and what more than one's own income counts.
_GRADED = re.compile(r"본인부담률|우선|수당|가점|가산|우대|차등")
_MORE_THAN_OWN = re.compile(r"원가구|부모|부부|합산|재산|자산")
# Other upper limits, and the same among exclusions: "농외소득 3,700만원 초과".
_CEILING = re.compile(
    r"(?:연|월)\s?(?:평균\s?)?총?\s?(?:소득|급여)[^\n]{0,60}?(?:이하|미만)|소득\s?\d{1,2}\s?분위\s?이하"
    r"|지원구간[^\n]{0,12}\d\s?(?:구간|분위)\s?이하"
)
_OVER = re.compile(r"[가-힣]{0,10}소득\s?[\d,.%\s만천백억원]{1,20}(?:초과|이상)")

_NO_HOME = re.compile(r"무\s?주택|주택\s?소유자")
_LETTER = re.compile(r"[^\W_]")


def income(policy: Policy, applicant: Applicant) -> Reason | None:
    """A limit on income in words: compared where it is an amount or one of 기준중위소득, else to be checked."""
    if policy.income_kind == "annual":
        return None
    if policy.income_kind == "text":
        told = policy.income_text
        what = f"소득 {quoted(told)}" if told else "소득 조건"
        line, limits, alone = told, _medians(told), not _LETTER.search(_NOTHING_MORE.sub("", _MEDIAN.sub("", told)))
    else:  # 소득 무관 by its code: a few state one all the same
        stated = _stated(policy)
        if stated is None:
            return None
        what, line = stated
        limits = _medians(line)
        alone = len(limits) == 1 and not _MORE_THAN_OWN.search(line)
    return _by_amount(what, line, applicant) or _by_median(what, limits, alone, applicant)


def _by_amount(what: str, line: str, applicant: Applicant) -> Reason | None:
    """Where the amounts alone decide."""
    over = amounts.exceeds(line, applicant)
    if over:
        return unsure("income", what, f"연 {applicant.annual_income:,}만원이면 어려울 수 있어요")
    return met("income", what) if over is False and amounts.says_nothing_more(line) else None


def _by_median(what: str, limits: "list[_Median]", alone: bool, applicant: Applicant) -> Reason:
    percent = applicant.median_income_percent
    if percent is None or not limits:
        return unsure("income", what)
    if not all(limit.holds(percent) for limit in limits):
        return unsure("income", what, f"중위소득 {percent}%면 어려울 수 있어요")
    return met("income", what) if alone else unsure("income", what)


@dataclass(frozen=True)
class _Median:
    low: int | None  # exclusive, as in "60% 초과"
    high: int
    below: bool  # "미만"

    def holds(self, percent: int) -> bool:
        under = percent < self.high if self.below else percent <= self.high
        return under and (self.low is None or percent > self.low)


def _medians(text: str) -> list[_Median]:
    return [
        _Median(int(match["low"]) if match["low"] else None, int(match["high"]), bool(match["below"]))
        for match in _MEDIAN.finditer(text)
    ]


def _stated(policy: Policy) -> tuple[str, str] | None:
    """The first limit on income outside its own field: how to call it, and the line that it may be compared by."""
    for text in (policy.extra_conditions, policy.summary, policy.support):
        for line in text.split("\n") if "소득" in text or "급여" in text else ():
            found = _MEDIAN.search(line) or _CEILING.search(line)
            if found and not _GRADED.search(line):
                return f"소득 {quoted(found.group())}", line
    over = _OVER.search(policy.exclusions)
    return (f"소득 {quoted(over.group())} 제외", "") if over else None


def housing(policy: Policy, applicant: Applicant) -> Reason | None:
    """무주택, which no code says."""
    texts = (
        *(policy.summary, policy.support, policy.income_text),
        *(policy.extra_conditions, policy.exclusions, policy.notes),
    )
    if not any("주택" in text and _NO_HOME.search(text) for text in texts):
        return None
    if applicant.owns_home is None:
        return unsure("housing", "무주택자")
    return (
        unsure("housing", "무주택자", "집이 있으면 어려울 수 있어요")
        if applicant.owns_home
        else met("housing", "무주택자")
    )
