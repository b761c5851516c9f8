"""Limits that a record states in words. They make a verdict "unknown" or confirm it, and never rule anybody out."""

import re
from dataclasses import dataclass

from finq.policies.eligibility.applicant import Applicant
from finq.policies.eligibility.verdict import Reason, met, unsure
from finq.policies.model import Policy

_QUOTED = 40  # characters of a record's own words in a reason

# "중위소득 150% 이하", "중위소득 60% 초과 150% 이하", "중위소득 50~100%"; not "중위소득 140% 이상".
_MEDIAN = re.compile(
    r"(?:기준\s*)?중위\s*소득\s*(?:의\s*)?"
    r"(?:(?P<low>\d{1,3})\s*(?:%\s*(?:초과|이상)?\s*[~∼～-]?|[~∼～-])\s*)?"
    r"(?P<high>\d{1,3})\s*(?:%|퍼센트)(?:\([^()]*\))?(?!\s*(?:이상|초과))\s*(?:이하|이내|(?P<below>미만)|까지)?"
)
# What may stand beside it without being another condition.
_NOTHING_MORE = re.compile(
    r"\([^()]*\d\s*원[^()]*\)|\d{2,4}년도?|\d\s*인\s*기준|건강보험료|본인부담금?|소득인정액|판정|소득|가구원?|가족|개인|기준"
    r"|청년|대상|이하|이내|인\s*자|인|자|의"
)
# Percentages that grade the help or the order of selection; and what more than one's own income counts.
_GRADED = re.compile(r"본인부담률|우선|수당|가점|가산|우대|차등")
_MORE_THAN_OWN = re.compile(r"원가구|부모|부부|합산|재산|자산")
_AMOUNT = re.compile(r"(?:연|월)\s?(?:소득|급여)\s*(?:\([^()\n]*\)\s*)?[\d,.]+\s*(?:백만|천만|천|만)?\s*원\s*이하")

_NO_HOME = re.compile(r"무\s?주택|주택\s?소유자")

# Lines of extra conditions that ask no more: said so, what `housing` looks at, or only a preference.
_ASKS_NO_MORE = re.compile(
    r"^\W*(?:(?:제한|해당|해당\s*사항)\s*없음|누구나|무관|무\s?주택자?|대한민국\s?국(?:민|적자?))\W*$|우선|우대|가점|가산"
)
_HEADING = re.compile(r"^(?:\W*\w){0,8}\W*$|아래|다음")  # "지원 자격" says less than the line under it
_MARK = re.compile(r"^(?:[\s\-–○ㅇ❍◦□▪▶▹•·◎*☞※①-⑳❶-❿➊-➓]|\(?\d{1,2}[.)]|[가-하][.)])+\s*")

# What exclusions name, by who is meant; "고용보험 피보험자가 아닌 자" means the others.
_NOT_THEM = r"(?!\s?[가이은는]?\s?아[닌니])"
_EXCLUDED = (
    (
        {"high_school_student", "university_student", "university_graduating", "postgraduate"},
        re.compile(rf"(?:재학생|재학\s?중|재학\s?또는\s?휴학){_NOT_THEM}"),
    ),
    (
        {"employed", "short_term"},
        re.compile(rf"(?:재직자|재직\s?중|(?<!미)취업자|고용보험\s?(?:가입자|피보험자)){_NOT_THEM}"),
    ),
    ({"self_employed", "founder"}, re.compile(rf"(?:사업자\s?등록자?|자영업자){_NOT_THEM}")),
    ({"basic_livelihood"}, re.compile(rf"(?:기초생활\s?수급자?|(?:생계|주거)\s?급여\s?(?:수급자?)?){_NOT_THEM}")),
    ({"soldier"}, re.compile(rf"(?:군\s?복무자?|현역){_NOT_THEM}")),
)


def median_income(policy: Policy, applicant: Applicant) -> Reason | None:
    """A limit on income in words: compared where it is one of 기준중위소득, else to be checked."""
    if policy.income_kind == "annual":
        return None
    if policy.income_kind == "text":
        told = policy.income_text
        what = f"소득 ‘{_short(told)}’" if told else "소득 조건"
        limits, alone = _medians(told), not _letters(_NOTHING_MORE.sub("", _MEDIAN.sub("", told)))
    else:  # 소득 무관 by its code: a few state one all the same
        line = _income_line(policy)
        if line is None:
            return None
        limits, alone = _medians(line), len(_medians(line)) == 1 and not _MORE_THAN_OWN.search(line)
        amount = _AMOUNT.search(line)
        what = f"소득 ‘{_short(limits[0].words if limits else amount.group() if amount else line)}’"
    percent = applicant.median_income_percent
    if percent is None or not limits:
        return unsure("income", what)
    if not all(limit.holds(percent) for limit in limits):
        return unsure("income", what, f"중위소득 {percent}%면 어려울 수 있어요")
    return met("income", what) if alone else unsure("income", what)


@dataclass(frozen=True)
class _Median:
    words: str
    low: int | None  # exclusive, as in "60% 초과"
    high: int
    below: bool  # "미만"

    def holds(self, percent: int) -> bool:
        under = percent < self.high if self.below else percent <= self.high
        return under and (self.low is None or percent > self.low)


def _medians(text: str) -> list[_Median]:
    return [
        _Median(
            match.group().strip(), int(match["low"]) if match["low"] else None, int(match["high"]), bool(match["below"])
        )
        for match in _MEDIAN.finditer(text)
    ]


def _income_line(policy: Policy) -> str | None:
    """The first line that states an upper limit on income."""
    for text in (policy.extra_conditions, policy.summary, policy.support):
        for line in text.split("\n") if "소득" in text or "급여" in text else ():
            if (_MEDIAN.search(line) or _AMOUNT.search(line)) and not _GRADED.search(line):
                return line
    return None


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


def conditions(policy: Policy, applicant: Applicant) -> Reason | None:
    """Further conditions in words, whoever asks."""
    lines = [line for line in policy.extra_conditions.split("\n") if _letters(line) and not _ASKS_NO_MORE.search(line)]
    if not lines:
        return None
    telling = next((line for line in lines if not _HEADING.search(line)), lines[0])
    return unsure("conditions", f"추가 조건 ‘{_short(_MARK.sub('', telling))}’")


def exclusions(policy: Policy, applicant: Applicant) -> Reason | None:
    """Exclusions in words that name what the person said to be."""
    own = {applicant.employment, applicant.education, *applicant.special}
    for names, pattern in _EXCLUDED:
        if own & names and (found := pattern.search(policy.exclusions)):
            return unsure("exclusions", f"참여 제한 ‘{found.group()}’")
    return None


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[:_QUOTED].rstrip() + "…"
