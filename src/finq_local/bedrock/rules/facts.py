"""What a person says about themselves: age, region, employment. Only what is written, never a guess."""

import re

_TENS = {"열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40}
_ONES = {"하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "넷": 4, "네": 4} | {
    "다섯": 5,
    "여섯": 6,
    "일곱": 7,
    "여덟": 8,
    "아홉": 9,
}
_DIGITS = re.compile(
    r"(?<![\d~\-–])(?:만\s*)?([1-9]\d)\s*(?:세|살)"
    r"(?!\s*[~\-–])(?!\s*(?:이상|이하|미만|부터|까지))"  # an age limit, not somebody's age
)
_WORDS = re.compile(
    rf"(?<![가-힣])(?:(스물|서른|마흔)\s?({'|'.join(_ONES)})|({'|'.join(_TENS)})({'|'.join(_ONES)})?\s*(?:살|세))"
)
_BIRTH = re.compile(r"(?<!\d)((?:19|20)\d{2}|\d{2})\s*년\s*생")

_SIDO = (
    "서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"
    "|충청북도|충청남도|전라북도|전라남도|경상북도|경상남도"
)
_SIDO_SUFFIX = "특별자치시|특별자치도|특별시|광역시|시|도"
_LIVES = r"에?\s*(?:살|사는|사는데|거주|자취|이사)"
_REGION = re.compile(rf"(?:{_SIDO})(?:{_SIDO_SUFFIX})?(?:\s+[가-힣]{{1,4}}(?:시|군|구)(?=\s|에|의|$|[,.?!]))?")
_DISTRICT = re.compile(rf"(?<![가-힣])[가-힣]{{1,4}}(?:시|군|구)(?={_LIVES})")
_NOT_DISTRICT = re.compile(r"\s*(?:친구|가구|식구|도구|다시|혹시|역시|즉시|임시)$")

_EMPLOYMENT = {
    "unemployed": r"취준|취업\s*준비\s*(?:중|생)|구직\s*(?:중|자)|백수|무직|미취업|실업자|실직|일을?\s*쉬",
    "employed": r"직장인\s*(?:이|인|입)|재직\s*중|(?:회사|직장)(?:에|을|를)?\s*다니|회사원|근무\s*중|일하고\s*있",
    "self_employed": r"자영업|소상공인|가게를?\s*(?:하|운영)|개인사업자",
    "freelancer": r"프리랜서",
    "day_labourer": r"일용직|일용근로",
    "founder": r"창업(?:을|을\s*)?\s*(?:준비|하려|예정|했)|예비\s*창업",
    "short_term": r"(?:알바|아르바이트)\s*(?:생|중|하|해)|단기\s*근로",
    "farmer": r"농사(?:를)?\s*짓|농부|농업인(?:이|인|입)",
}


def age(text: str, today: str = "") -> int | None:
    """만 나이 as said; from a birth year, the year of `today` (ISO) less that year."""
    if found := _DIGITS.search(text):
        return int(found[1])
    if found := _WORDS.search(text):
        return _TENS[found[1] or found[3]] + _ONES.get(found[2] or found[4] or "", 0)
    if (found := _BIRTH.search(text)) and today[:4].isdigit():
        year, now = int(found[1]), int(today[:4])
        if year < 100:
            year += 2000 if year <= now - 2000 else 1900
        return now - year
    return None


def region(text: str) -> str | None:
    """Region in the words of the text: "서울 관악구", "경기도", "수원시"."""
    if found := _REGION.search(text):
        return _NOT_DISTRICT.sub("", found[0])
    found = _DISTRICT.search(text)
    return found[0] if found and not _NOT_DISTRICT.search(found[0]) else None


def employment(text: str) -> str | None:
    """Name of the employment state that the text claims."""
    return next((name for name, pattern in _EMPLOYMENT.items() if re.search(pattern, text)), None)


def without_age(text: str) -> str:
    """`text` less the age, which is filtered rather than searched for."""
    text = re.sub(rf"{_DIGITS.pattern}\s*(?:인데요?|이고|이에요|예요|입니다|이야|인)?", " ", text)
    text = re.sub(rf"{_WORDS.pattern}\s*(?:살|세)?\s*(?:인데요?|이고|이에요|예요|입니다|이야)?", " ", text)
    return re.sub(rf"{_BIRTH.pattern}\s*(?:인데요?|이고|이에요|입니다)?", " ", text)


def without_home(text: str) -> str:
    """`text` less the place of living."""
    lives = (
        rf"(?:{_LIVES}(?:고|아요|아|는|요|하는|하고|중인|중이고)?\s*(?:있는데요?|있고|있어요?|있는|인데요?|데요?)?)?"
    )
    return re.sub(rf"(?:{_REGION.pattern}|{_DISTRICT.pattern}){lives}", " ", text)
