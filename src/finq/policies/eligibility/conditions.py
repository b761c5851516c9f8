"""Further conditions and exclusions in a record's own words. They make a verdict "unknown", no more."""

import re
from functools import lru_cache

from finq.policies import regions
from finq.policies.eligibility.applicant import Applicant
from finq.policies.eligibility.verdict import Reason, quoted, unsure
from finq.policies.model import Policy

_PREFERENCE = re.compile(r"우선|우대|가점|가산")
_HEADING = re.compile(r"^(?:\W*\w){0,8}\W*$|아래|다음")  # "지원 자격" says less than the line under it
_MARK = re.compile(r"^(?:[\s\-–○ㅇ❍◦□▪▶▹•·◎*☞※①-⑳❶-❿➊-➓]|\(?\d{1,2}[.)]|[가나다라마바사아자차카타파하][.)])+\s*")

# A line that holds nothing but these asks no more than the coded limits do, or nothing at all.
_AGES = re.compile(
    r"(?:만\s*)?(\d{1,2})\s*세?\s*(?:이상)?\s*[~∼～-]\s*(?:만\s*)?(\d{1,2})\s*세(?:\s*(?:이하|(미만)))?"
    r"|(?:만\s*)?(\d{1,2})\s*세\s*(?:이상|이하|(미만))"
)
_RESIDENCE = re.compile(
    r"(?:도|관|시|군|구)내|주민등록(?:상|이|을)?|주소지?를?|거주지?|(?:되어|두고)\s?있|둔|등록|소재"
)
_PHRASES = re.compile(
    r"[가-힣·]{1,30}(?:\s여부)?[와과에]?\s?(?:관계|상관)\s?없이|(?:[가-힣·]{1,30}\s)?(?:제한|해당|해당\s?사항)\s?없음|[가-힣·\s]{1,30}도\s?가능"
    r"|\([^()]{0,60}(?:병역|군\s?복무|제대군인|출생)[^()]{0,60}\)|(?:모집\s?)?(?:공고일|신청일|접수일|가입일)(?:\s?\([\d.\s]+\))?"
    r"|가입할\s수\s있으며|가입|신청|대한민국|국민|국적|무주택자|누구나|(?:지역|거주지)?\s?무관|없음|기준|현재|으면|하는|인\s|중인|청년|사람"
    r"|(?<![가-힣])[이인]?자(?![가-힣])|(?<=[\s)])(?:의|에|에서|인|를|을|는|은|이|가|및)(?![가-힣])"
)
_READ = 2_000  # characters: real records have 1,614 at most, and verdicts must not take longer for longer ones
_BORN = re.compile(r"\d{4}\s?\.[\d\s.]{3,9}[~∼～-][\d\s.]{6,14}(?:사이의?\s)?(?:출생자?|생일자|생(?![가-힣]))")
_LETTER = re.compile(r"[^\W_]")
_WORD = re.compile(r"[가-힣]+")

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


def conditions(policy: Policy, applicant: Applicant) -> Reason | None:
    """Further conditions, whoever asks."""
    if not policy.extra_conditions:
        return None
    lines = [
        line
        for line in policy.extra_conditions[:_READ].split("\n")
        if not _PREFERENCE.search(line) and _asks_more(line, policy)
    ]
    if not lines:
        return None
    telling = next((line for line in lines if not _HEADING.search(line)), lines[0])
    return unsure("conditions", f"추가 조건 {quoted(_MARK.sub('', telling))}")


def _asks_more(line: str, policy: Policy) -> bool:
    def coded_age(match: re.Match[str]) -> str:
        low, high, below, only, only_below = match.groups()
        limits = {policy.min_age, policy.max_age}
        said = {int(low)} if low else set()
        top = high or only
        said.add(int(top) - bool(below or only_below))
        return " " if said <= limits else match.group()

    rest = _AGES.sub(coded_age, _BORN.sub(" ", line) if policy.max_age else line)
    if policy.region_codes and _RESIDENCE.search(rest):
        rest = _RESIDENCE.sub(" ", _without_places(rest, policy.region_codes))
    return bool(_LETTER.search(_PHRASES.sub(" ", rest)))


def _without_places(text: str, region_codes: tuple[str, ...]) -> str:
    """The text less any name of a place among the codes that ends a word, a particle after it or not."""
    names = _names(region_codes)

    def shortened(word: re.Match[str]) -> str:
        letters = word.group()
        for start in range(len(letters)):
            ending = letters[start:]
            if names & {ending, ending.removesuffix("에"), ending.removesuffix("에서")}:
                return f"{letters[:start]} "
        return letters

    return _WORD.sub(shortened, text)


@lru_cache(maxsize=1_000)
def _names(region_codes: tuple[str, ...]) -> frozenset[str]:
    names: set[str] = set()
    for code in region_codes:
        sido, sigungu = regions.names().get(code, ("", ""))
        short = regions.SIDO_SHORT.get(code[:2], "")
        names |= {sido, short, f"{short}시", f"{short}도", *sigungu.split()}
    return frozenset(names - {""})


def exclusions(policy: Policy, applicant: Applicant) -> Reason | None:
    """Exclusions that name what the person said to be."""
    own = {applicant.employment, applicant.education, *applicant.special}
    for names, pattern in _EXCLUDED:
        if own & names and (found := pattern.search(policy.exclusions)):
            return unsure("exclusions", f"참여 제한 ‘{found.group()}’")
    return None
