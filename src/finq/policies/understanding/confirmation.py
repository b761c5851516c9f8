"""Whether a person's own words bear out what a model reads in them: a model's reading alone is no fact."""

import re
from datetime import date

from finq.policies import regions
from finq.policies.understanding import ages, numbers, residence

# Words without which nobody has said so; which of the values they mean is the model's to tell.
_SAYS = {
    "employed": r"재직|직장|회사|공장|근무|일하|일해|입사|취업(?:했|한|해)|취직|정규직|계약직|다니|다녀|월급|공무원",
    "self_employed": r"자영업|소상공인|가게|장사|사업|사장|대표|식당|카페",
    "unemployed": r"미취업|취준|준비생|취업\s*(?:을\s*)?(?:준비|못|안)|구직|백수|무직|실업|실직|퇴사|퇴직|그만|해고"
    r"|쉬고|쉬는|놀고|잘렸|일(?:을|자리)?\s*(?:안|못|없|찾|구하)|직장(?:이|도)?\s*없",
    "freelancer": r"프리랜서|프리랜싱|외주",
    "day_labourer": r"일용|일당|막노동|노가다|공사장",
    "founder": r"창업|스타트업|차리|개업",
    "short_term": r"알바|아르바이트|단기|파트\s*타임|시간제",
    "farmer": r"농|어업|어부|귀어|임업",
    "below_high_school": r"중졸|중학|자퇴|중퇴|검정고시|학교\s*밖",
    "high_school_student": r"고등학|고교|고딩|고[123]|특성화고",
    "high_school_graduating": r"고등학|고교|고3|특성화고",
    "high_school_graduate": r"고졸|고등학|고교|특성화고",
    "university_student": r"대학|대딩|학과|휴학|\d\s*학년|야간대|전문대|통학",
    "university_graduating": r"졸업|막학기",
    "university_graduate": r"대졸|대학|졸업|학과|나왔|나온|전문대",
    "postgraduate": r"대학원|석사|박사|로스쿨",
    "married": r"결혼|신혼|기혼|남편|아내|와이프|배우자|부부|혼인|유부|맞벌이",
    "single": r"미혼|싱글|솔로|비혼|결혼\s*(?:을\s*|은\s*)?(?:아직\s*)?(?:안|못|전)",
    "home": r"무주택|유주택|자가|집|주택|아파트|빌라",
}
_PATTERNS = {value: re.compile(pattern) for value, pattern in _SAYS.items()}
# Figures that are no age: money, shares, spans of time, counts, limits.
_NO_AGE = (
    r"(?!\d|\s*(?:%|만|원|천|개월|년(?!\s*생)|월|일|시|분|명|번|회|곳|가지|점|[~\-∼]"
    r"|[세살]?\s*(?:이상|이하|미만|까지|부터|때)))"
)


def says(value: str, words: str) -> bool:
    """Whether `words` speak of the state `value` (a name of `finq.policies.codes`, or "home") at all."""
    pattern = _PATTERNS.get(value)
    return bool(pattern and pattern.search(words))


def says_age(words: str, age: int, today: date) -> bool:
    """Whether `words` hold the age, in digits or letters, other than as an age that the rules took for another's."""
    if any(fact.value.low <= age <= fact.value.high for fact in ages.mentions(words, today)):
        return False
    if re.search(rf"(?<![\d.,~\-∼]){age}{_NO_AGE}", words):
        return True
    said = re.findall(rf"(?<![가-힣])(?!열(?!\s*살)){numbers.NATIVE}", words)
    return any(numbers.native(word) == age for word in said)


def says_income(words: str, yearly: int) -> bool:
    """Whether `words` hold a yearly or monthly income of about `yearly` 만원, in digits."""
    numbers_said = {
        float(digits.replace(",", "")) for digits in re.findall(r"\d[\d,]*(?:\.\d+)?", words[:4000]) if digits
    }
    scales = (1, 12, 1000, 1 / 10_000, 12 / 10_000)  # 만원 a year, a month; 천만원; 원 a year, a month
    return any(round(number * scale) == yearly for number in numbers_said for scale in scales)


def region(named: str, words: str) -> str | None:
    """Code of the region that a model read, if every part of its name was said, and not of a place left or declined."""
    code = regions.parse_region(named) if named.strip() and len(named) <= 40 else None
    if code is None or code in residence.elsewhere(words):
        return None
    compact = "".join(words.split())
    if len(code) == 2:
        return code if regions.SIDO_SHORT.get(code, named) in compact or named.strip()[:2] in compact else None
    return code if all(part[:2] in compact for part in named.split()) else None
