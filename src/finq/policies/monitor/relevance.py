"""Whether a page is about a policy: its name, and the place or institution it belongs to."""

import re

from finq.policies import regions
from finq.policies.model import Policy
from finq.policies.monitor.wording import pairs, squeezed

# A name of these alone names nothing: their letter pairs count little. Places are looked at by `belongs`.
_COMMON = pairs(
    "청년 청년들 지원 지원사업 사업 정책 모집 참여자 신청 접수 안내 공고 대상자 프로그램 운영 추진 확대 "
    + " ".join(regions.SIDO_SHORT.values())
)
_COMMON_WEIGHT = 0.2
_NAMED_WELL = 2.0  # weight of a name that can be told from others by its words
_UNSURE_NAME = 0.6
# "[6월 마감]", "(1차)", "2026년": what changes from one edition to the next.
_EDITION = re.compile(r"\[[^\]]*\]|\([^)]*\)|\b20\d\d\s*년?도?|\b제?\d+\s*(?:차|회|기)\b|[상하]반기")
# 경기 is also the economy and a game.
_SIDO = re.compile(
    r"(?<![가-힣])(?:("
    + "|".join(short for short in regions.SIDO_SHORT.values() if short != "경기")
    + r")(?:특별|광역|시|도|형|청년|지역|에서|의|,|\s|·|$|[^가-힣])|(경기)(?:도|\s(?:지역|남부|북부|청년)|청년)|"
    + "("
    + "|".join(("충청북도", "충청남도", "전라북도", "전라남도", "경상북도", "경상남도"))
    + "))"
)
_FEW_PLACES = 10


def name_of(policy: Policy) -> str:
    """The policy's name without the marks of an edition."""
    return " ".join(_EDITION.sub(" ", policy.name).split()) or policy.name


def names(policy: Policy, text: str) -> float:
    """How much of the policy's name is in `text`, 0 to 1; letter pairs that many policies share count little.

    A name of few words of its own, such as "부산 청년 월세 지원", counts in full only as it is written, since
    programmes of other names hold the same words.
    """
    name = name_of(policy)
    without_place = " ".join(word for word in name.split() if word not in regions.sido_spellings())
    written = name if _weight(without_place) < 1 else without_place
    if squeezed(written) in squeezed(text):
        return 1.0
    weights = _weights(name)
    found = pairs(text)
    share = sum(weight for pair, weight in weights.items() if pair in found) / _weight(name)
    return share if _weight(name) >= _NAMED_WELL else share * _UNSURE_NAME


def belongs(policy: Policy, title: str, text: str) -> float:
    """How well the places and institutions that a page names fit the policy, 0 to 1; 0 rules the page out.

    A policy of one place needs that place, or its institution, to be named: many places have a programme of the
    same name. A nationwide one fits anywhere, but less where the title speaks of one place; and where its name is
    made of common words alone, its institution must be named.
    """
    whole = f"{title}\n{text}"
    institution = _names_institution(policy, whole)
    if not policy.region_codes:
        return _fits_nationwide(policy, title, institution=institution)
    own, in_title = set(policy.sido_codes), _sidos(title)
    if in_title and not in_title & own:
        return 0.0
    in_sido = bool(_sidos(whole) & own)
    if institution or _names_place(policy, whole, in_sido=in_sido):
        return 1.0
    if not in_sido:
        return 0.0
    return 1.0 if len(policy.region_codes) > _FEW_PLACES else 0.5


def _fits_nationwide(policy: Policy, title: str, *, institution: bool) -> float:
    if _sidos(title) - _sidos(policy.institution):
        return 0.3
    if institution:
        return 1.0
    return 0.6 if _weight(name_of(policy)) >= _NAMED_WELL else 0.0


def _weights(name: str) -> dict[str, float]:
    return {pair: _COMMON_WEIGHT if pair in _COMMON else 1.0 for pair in pairs(name)}


def _weight(name: str) -> float:
    return sum(_weights(name).values()) or 1.0


def _sidos(text: str) -> set[str]:
    """Codes of the 시도 that `text` names."""
    spelled = regions.sido_spellings()
    return {spelled[next(filter(None, found.groups()))] for found in _SIDO.finditer(text)}


def _names_institution(policy: Policy, text: str) -> bool:
    """Whether one of the policy's institutions is named: in full, or by a part that no other has."""
    letters = squeezed(text)
    for institution in filter(None, (policy.institution, policy.operator)):
        parts = institution.split()
        if squeezed(institution) in letters:
            return True
        # "국민자산형성진흥원 청년금융부" is known by its first part; "부산광역시 청년정책과" is not.
        if parts[0] not in regions.sido_spellings() and len(parts[0]) > 3 and parts[0].lower() in letters:
            return True
    return False


def _names_place(policy: Policy, text: str, *, in_sido: bool) -> bool:
    """Whether one of the policy's few 시군구 is named; 남구 or 중구, which many cities have, only with its 시도."""
    if len(policy.region_codes) > _FEW_PLACES:
        return False
    for code in policy.region_codes:
        full = regions.names().get(code, ("", ""))[1].rsplit(maxsplit=1)[-1:]
        for place in full:
            spellings = {place, place[:-1]} if len(place) > 2 else {place}
            known = any(re.search(rf"(?<![가-힣]){spelling}", text) for spelling in spellings)
            if known and (in_sido or len(place) > 2):
                return True
    return False
