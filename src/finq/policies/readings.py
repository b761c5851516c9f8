"""What filters and verdicts need of a record that it states in words only.

Every reading makes an answer softer and never rules anybody out.
"""

import re
from collections.abc import Collection, Mapping

from finq.policies import codes, regions

_SERVED = r"(?:군필|제대군인|의무\s?복무|병역|군\s?복무|군\s?경력)"
# "의무복무 제대군인은 최대 3년까지 지원연령 확대", "군필자는 복무기간에 비례하여 최고 만 39세까지"
_EXTENDED = re.compile(rf"{_SERVED}[^.]{{0,80}}?(?:연장|확대|비례|가산|뺌|빼고|뺀)[^.\n]{{0,30}}")
_OF_AGE = re.compile(r"연령|나이|\d\s*세|복무\s?기간")
_YEARS = re.compile(r"최대\s*(?:만\s*)?(\d)\s*(?:년|세)")
_UP_TO = re.compile(r"(?:최고|최대)\s*만?\s*(\d{2})\s*세")
# "만 19세 ~ 만 39세", "18세 ~ 40세 미만", "달서구 거주자는 39세까지 가능"
_TOLD_AGE = re.compile(
    r"[~∼～-]\s?(?:만\s?)?(\d{2})\s?세(\s?미만)?|(\d{2})\s?세\s?까지\s?(?:가능|확대|연장|인정|신청|지원|참여)"
)
_YEARS_BY_LAW = 3  # at most, 제대군인지원에 관한 법률 시행령 제19조
_MOST_YEARS = 10

_COUPLES = re.compile(r"(?:신혼|청년)\s?부부")
_UNEMPLOYED = re.compile(r"미취업(?![^.\n]{0,12}(?:제외|불가))")
_STUDENTS = re.compile(r"대학(?:\(원\))?생(?![^.\n]{0,12}(?:제외|불가))")
_NAME_READ = 100  # characters
_WHOLE_SIDO = 10  # 시군구; of a 시도 with fewer, all but one may be meant
_LEFT_OUT = r"[시군구]?(?:은|는|을|를)?\s?(?:제외|빼고|미포함|미해당)"
_LOCAL_GOVERNMENT = "0054002"
_FOR_EVERYBODY = re.compile(
    r"전\s?국민|전국\s?(?:의\s?)?(?:대학|청년|단위)|전\s?세계|누구나|(?:지역|거주지)\s?(?:제한\s?없|무관)"
    r"|타\s?시[·,]?\s?[도군](?!\s?유출)|타\s?지역|\s외\s?(?:의\s?지역\s?)?거주"
)


def age_extension(max_age: int | None, text: str) -> int:
    """Years beyond the upper age limit up to which `text` lets some in; 0 where it says nothing of them.

    Who has done military service, or whoever a wider range of ages is told for: "만 19~34세 (차상위 이하 15~39세)".
    """
    return max(_years_served(max_age, text), _years_wider(max_age, text)) if max_age else 0


def _years_served(max_age: int, text: str) -> int:
    found = next((m for m in _EXTENDED.finditer(text) if _OF_AGE.search(m.group())), None)
    if not found:
        return 0
    if years := _YEARS.search(found.group()):
        return int(years[1])
    if up_to := _UP_TO.search(found.group()):
        return min(max(int(up_to[1]) - max_age, 0), _MOST_YEARS)
    return _YEARS_BY_LAW


def _years_wider(max_age: int, text: str) -> int:
    told = [int(m[1] or m[3]) - bool(m[2]) for m in _TOLD_AGE.finditer(text)]
    return max((age - max_age for age in told if 0 < age - max_age <= _MOST_YEARS), default=0)


def is_for_couples(text: str) -> bool:
    """Whether `text` speaks of young or newly married couples and of nobody unmarried, whatever the code says.

    Of 12 real records coded 미혼 three are for couples.
    """
    return bool(_COUPLES.search(text)) and "미혼" not in text


def employment_forgotten(listed: Collection[str], text: str) -> tuple[str, ...]:
    """What a list of employment codes lacks though `text` names it: the code of the unemployed, or nothing.

    Of 1,052 real records six speak of "미취업 청년" and are for the employed alone by their code, most because it means
    those who are hired by way of the programme; one of the six pays their employers.
    """
    return _forgotten(codes.EMPLOYMENT, "unemployed", listed, _UNEMPLOYED, text)


def education_forgotten(listed: Collection[str], text: str) -> tuple[str, ...]:
    """The same of education codes: that of university students, as where "대학생 및 졸업생" are graduates by code."""
    return _forgotten(codes.EDUCATION, "university_student", listed, _STUDENTS, text)


def _forgotten(
    table: Mapping[str, tuple[str, str]], name: str, listed: Collection[str], named: re.Pattern[str], text: str
) -> tuple[str, ...]:
    code, open_to_all = table[name][0], table["other"][0]
    if not listed or code in listed or open_to_all in listed or not named.search(text):
        return ()
    return (code,)


def local_to(institution_group: str, registrar: str, text: str) -> str | None:
    """Code of the local government behind a record tagged nationwide, unless its text invites everybody.

    Of 46 real records so tagged, 10 invite everybody and some 28 are for residents or for who studies or works
    there; their texts seldom say so.
    """
    if institution_group != _LOCAL_GOVERNMENT or _FOR_EVERYBODY.search(text):
        return None
    return place_of(registrar)


def place_named(policy_name: str, region_codes: Collection[str]) -> str | None:
    """Code of the 시군구 that a policy's name begins with or holds, where it is beside the codes, not among them.

    Some records of 서산시 carry the code of 태안군; the name is right.
    """
    sidos = {code[:2] for code in region_codes}
    if len(sidos) != 1:
        return None
    sido = regions.SIDO_SHORT.get(sidos.pop(), "")
    for word in re.findall(r"\b[가-힣]{2,}[시군구]\b", policy_name[:_NAME_READ]):
        code = regions.parse_region(f"{sido} {word}")
        if code and len(code) == 5 and regions.coverage(region_codes, code) == "none":
            return code
    return None


def place_forgotten(region_codes: Collection[str], text: str) -> str | None:
    """Code of the only 시군구 that a list of a 시도 lacks, unless `text` says that it is left out.

    Of 1,052 real records 32 list all of 충청남도 but 서산시, by mistake: most are the province's own programmes. None
    lists all but one of another 시도.
    """
    sidos = {code[:2] for code in region_codes}
    if len(sidos) != 1 or len(region_codes) < _WHOLE_SIDO - 1:
        return None
    every = regions.sigungus(sidos.pop())
    lacking = every.difference(regions.parent(code) or code for code in region_codes)
    if len(every) < _WHOLE_SIDO or len(lacking) != 1:
        return None
    (code,) = lacking
    short = regions.names()[code][1][:-1]
    return None if re.search(short + _LEFT_OUT, text) else code


def place_of(institution: str) -> str | None:
    """Code of the place that leads an institution's name: "경상북도 의성군 관광복지국" -> "47730"."""
    words = institution.split()
    return next(filter(None, (regions.parse_region(" ".join(words[:count])) for count in (3, 2, 1))), None)
