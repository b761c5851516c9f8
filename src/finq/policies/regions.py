"""시도 and 시군구: codes, names, and which region covers which.

Codes are the first digits of the 법정동 code (행정안전부): 2 digits for a 시도, 5 for a 시군구. A city with
districts (수원시) has a code of its own, ending in 0, that stands for all its districts (장안구 ...).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

Coverage = Literal["full", "partial", "none"]

SIDO_SHORT = {
    "11": "서울",
    "26": "부산",
    "27": "대구",
    "28": "인천",
    "29": "광주",
    "30": "대전",
    "31": "울산",
    "36": "세종",
    "41": "경기",
    "51": "강원",
    "43": "충북",
    "44": "충남",
    "52": "전북",
    "46": "전남",
    "47": "경북",
    "48": "경남",
    "50": "제주",
}
_LONG_ALIASES = {
    "충청북도": "43",
    "충청남도": "44",
    "전라북도": "52",
    "전라남도": "46",
    "경상북도": "47",
    "경상남도": "48",
    "강원도": "51",
    "제주도": "50",
    "충북도": "43",
    "충남도": "44",
    "전북도": "52",
    "전남도": "46",
    "경북도": "47",
    "경남도": "48",
    # not 광주시, which is the city in 경기도, too
    "서울시": "11",
    "부산시": "26",
    "대구시": "27",
    "인천시": "28",
    "대전시": "30",
    "울산시": "31",
    "세종시": "36",
}
_CITY_SUFFIXES = ("특별자치시", "특별자치도", "특별시", "광역시")
# 강원 and 전북 took new first digits in 2023 and 2024; the rest of each code stayed.
_RENAMED_SIDO = {"42": "51", "45": "52"}
# Re-cut in July 2026, names of the new codes not published with the API: read as everything they may mean, so
# that nobody is ruled out by a guess.
_RECUT_INCHEON = ("28125", "28155", "28275", "28290")
_NATIONWIDE_CODES = 225  # lists of 252 or 255 codes mean "everywhere"


@cache
def names() -> dict[str, tuple[str, str]]:
    """5-digit code -> (시도 name, 시군구 name; empty for 세종)."""
    text = files("finq.policies").joinpath("regions.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {code: (sido, sigungu) for code, sido, sigungu in rows}


@cache
def sido_names() -> dict[str, str]:
    """2-digit code -> full 시도 name."""
    return {code[:2]: sido for code, (sido, _) in names().items()}


@cache
def _children() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for code in names():
        parent = code[:4] + "0"
        if parent != code and parent in names() and names()[code][1].startswith(names()[parent][1] + " "):
            found[parent].add(code)
    return {parent: frozenset(codes) for parent, codes in found.items()}


def parent(code: str) -> str | None:
    """The city (5 digits) that the district `code` belongs to, if any."""
    candidate = code[:4] + "0"
    return candidate if code in _children().get(candidate, ()) else None


def related(code: str) -> frozenset[str]:
    """5-digit codes that concern somebody in the 시군구 `code`: itself, its city and its districts."""
    own = {code} | _children().get(code, frozenset())
    above = parent(code)
    return frozenset(own | {above} if above else own)


@cache
def _districts_of_sido(sido: str) -> frozenset[str]:
    """Smallest units of a 시도: every 시군구 but the cities that have districts."""
    return frozenset(code for code in names() if code[:2] == sido and code not in _children())


@cache
def sigungus(sido: str) -> frozenset[str]:
    """Codes of the cities, counties and districts of a 시도, without the districts of its cities."""
    return frozenset(parent(code) or code for code in _districts_of_sido(sido))


def _expand(codes: Iterable[str]) -> set[str]:
    return {leaf for code in codes for leaf in _children().get(code, frozenset({code}))}


def coverage(policy_codes: Collection[str], code: str) -> Coverage:
    """How much of the region `code` (2 or 5 digits) the 5-digit `policy_codes` cover."""
    if len(code) == 2:
        wanted = _districts_of_sido(code)
        if not any(listed[:2] == code for listed in policy_codes):
            return "none"
    else:
        wanted = frozenset(_children().get(code, frozenset({code})))
    covered = wanted & _expand(policy_codes)
    if wanted and covered == wanted:
        return "full"
    return "partial" if covered or len(code) == 2 else "none"


def normalise_codes(codes: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """Native `zipCd` values as (today's codes sorted, nationwide). A nationwide list comes back empty."""
    listed = {_RENAMED_SIDO.get(code[:2], code[:2]) + code[2:] for code in codes}
    if len(listed) >= _NATIONWIDE_CODES:
        return (), True
    for code in tuple(listed):
        if code in _RECUT_INCHEON:
            listed |= {"28110", "28140", "28260"}
        elif code[:2] == "12":
            listed |= _districts_of_sido("29" if code[2] in "23" else "46")
    return tuple(sorted(listed)), False


@lru_cache(maxsize=16_384)
def describe(codes: tuple[str, ...], nationwide: bool) -> str:
    """Korean text for display: "전국", "서울특별시", "부산광역시 남구 외 2곳", "지역 확인 필요"."""
    if nationwide:
        return "전국"
    known = sorted(code for code in codes if code in names())
    if not known:
        return "지역 확인 필요"
    sidos = sorted({code[:2] for code in known})
    if all(coverage(known, sido) == "full" for sido in sidos):
        parts = [sido_names()[sido] for sido in sidos]
        return (
            parts[0]
            if len(parts) == 1
            else f"{', '.join(parts[:3])}{f' 외 {len(parts) - 3}곳' if len(parts) > 3 else ''}"
        )
    places = [code for code in known if parent(code) not in known]
    first = name(places[0])
    return first if len(places) == 1 else f"{first} 외 {len(places) - 1}곳"


def name(code: str) -> str:
    """Full name of a 2- or 5-digit code. Raises KeyError for one that does not exist."""
    if len(code) == 2:
        return sido_names()[code]
    return " ".join(part for part in names()[code] if part)


@cache
def sido_spellings() -> dict[str, str]:
    """Every usual way to write a 시도, without spaces -> its 2-digit code."""
    index = {short: code for code, short in SIDO_SHORT.items()} | _LONG_ALIASES
    for code, full in sido_names().items():
        index[full] = code
        for suffix in _CITY_SUFFIXES:
            if full.endswith(suffix):
                index[full.removesuffix(suffix)] = code
    return index


def _spellings(sigungu: str) -> set[str]:
    """남구 -> 남구; 강남구 -> 강남구, 강남; 수원시 장안구 -> those with and without the city."""
    spellings = {sigungu.replace(" ", "")}
    last = sigungu.rsplit(maxsplit=1)[-1]
    spellings.add(last)
    if " " in sigungu:
        city = sigungu.split(maxsplit=1)[0]
        spellings |= {city.removesuffix("시") + last, city + last}
    if len(last) > 2:
        spellings |= {spelling[:-1] for spelling in tuple(spellings) if spelling[-1] in "시군구"}
    return spellings


@cache
def _sigungu_index() -> dict[str, frozenset[str]]:
    index: dict[str, set[str]] = defaultdict(set)
    for code, (_, sigungu) in names().items():
        for spelling in _spellings(sigungu) if sigungu else ():
            index[spelling].add(code)
    return {spelling: frozenset(codes) for spelling, codes in index.items()}


def _sigungu(text: str, sido: str | None) -> str | None:
    codes = {code for code in _sigungu_index().get(text, ()) if sido is None or code[:2] == sido}
    tops = {code for code in codes if parent(code) not in codes}
    return tops.pop() if len(tops) == 1 else None


@lru_cache(maxsize=4_000)  # the loader asks for the same few hundred institutions again and again
def parse_region(text: str) -> str | None:
    """Code of the region that `text` names, in any usual form; None when unknown or ambiguous.

    "서울" -> "11"; "부산 남구" -> "26290"; "경기 광주" -> "41610"; "광주" -> "29"; "수원" -> "41110";
    "중구" -> None (there are six); a code that exists is returned as it is.
    """
    compact = "".join(text.split())
    if compact.isdigit():
        return compact if compact in names() or compact in sido_names() else None
    if compact in sido_spellings():
        return sido_spellings()[compact]
    for spelling in sorted(sido_spellings(), key=len, reverse=True):
        if compact.startswith(spelling):
            found = _sigungu(compact.removeprefix(spelling), sido_spellings()[spelling])
            if found:
                return found
    return _sigungu(compact, None)
