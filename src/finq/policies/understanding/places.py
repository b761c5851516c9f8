"""Names of 시도 and 시군구 as people write them, and how sure a bare name is to be a place."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from finq.policies import regions

# "full" ends in 시, 군 or 구 or is a 시도; "plain" is no other word; "word" is a rare one; "homonym" an everyday one.
Kind = Literal["full", "plain", "word", "homonym"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS = _set(
    """
    가평 강진 거창 경주 고성 고창 공주 광명 광산 구리 구미 금정 남해 단양 대덕 동래 동해 무안
    무주 보성 보은 부안 분당 사천 산청 상주 서산 성주 수성 신안 안성 양구 양산 양양 양주 여주
    연제 영광 영동 영주 오산 완도 용인 원주 유성 의성 장성 장흥 전주 정선 진주 진천 진해 청도
    청양 청주 태안 하남 하동 합천 홍성 화성
    """
)
_HOMONYMS = _set("강화 고령 남동 달성 동작 부여 사상 수영 연수 영양 예산 음성")
# Everyday words, too, but names beyond doubt right after their 시도 ("전북 장수").
_HOMONYMS_ALONE = _set("기장 사하 인제 완주 이천 장수 진도 함양")
# Districts of a city that are spoken of without it; the short forms of the rest are everyday words (동안, 상당, 수정).
_KNOWN_DISTRICTS = _set("분당 영통 진해 동탄 기흥 덕양 처인 마산합포 마산회원 일산동 일산서")
# Places without a 시군구 of their own that people name as their town.
_ALIASES = {
    **{"일산": "41280", "마산": "48120", "송도": "28185", "진구": "26230"},
    **{"강화도": "28710", "영종도": "28110", "울릉도": "47940", "거제도": "48310"},
}
_OLD_PROVINCES = {"충청도": ("43", "44"), "전라도": ("46", "52"), "경상도": ("47", "48")}


@dataclass(frozen=True)
class Name:
    """A spelling without spaces, the codes that it may stand for, and how sure it is to be a place."""

    spelling: str
    codes: tuple[str, ...]
    kind: Kind


def _kind(code: str, short: str) -> Kind:
    if short in _HOMONYMS or (regions.parent(code) and short not in _KNOWN_DISTRICTS):
        return "homonym"
    return "word" if short in _WORDS else "plain"


@cache
def names() -> Mapping[str, tuple[Name, ...]]:
    """First two letters -> the names that begin so, longest first."""
    codes: dict[str, set[str]] = defaultdict(set)
    kinds: dict[str, Kind] = {}
    for spelling, code in regions.sido_spellings().items():
        codes[spelling].add(code)
        kinds[spelling] = "full"
    for spelling, several in _OLD_PROVINCES.items():
        codes[spelling].update(several)
        kinds[spelling] = "full"
    for code, (_, sigungu) in regions.names().items():
        if not sigungu:
            continue
        last = sigungu.split()[-1]
        codes[last].add(code)
        kinds[last] = "full"
        if len(last) > 2 and last[:-1] not in regions.sido_spellings():  # 광주 is the 광역시 unless 경기 stands before
            codes[last[:-1]].add(code)
            kinds[last[:-1]] = "homonym" if last[:-1] in _HOMONYMS_ALONE else _kind(code, last[:-1])
    for spelling, code in _ALIASES.items():
        codes[spelling].add(code)
        kinds[spelling] = _kind(code, spelling)
    codes["광주시"].add("29")
    return _by_head(Name(spelling, tuple(sorted(found)), kinds[spelling]) for spelling, found in codes.items())


@cache
def inside(code: str) -> Mapping[str, tuple[Name, ...]]:
    """The same for the 시군구 of a 시도, or for the districts of a city; empty for what has none."""
    found: dict[str, Name] = {}
    for other, (_, sigungu) in regions.names().items():
        if not sigungu or (regions.parent(other) != code if len(code) == 5 else other[:2] != code):
            continue
        last = sigungu.split()[-1]
        if len(code) == 2 and regions.parent(other) and last in found:
            continue
        found[last] = Name(last, (other,), "full")
        if len(last) > 2:
            found.setdefault(last[:-1], Name(last[:-1], (other,), _kind(other, last[:-1])))
    for spelling, aliased in _ALIASES.items():
        if aliased[:2] == code:
            found.setdefault(spelling, Name(spelling, (aliased,), "plain"))
    return _by_head(found.values())


def _by_head(names: Iterable[Name]) -> dict[str, tuple[Name, ...]]:
    found: dict[str, list[Name]] = defaultdict(list)
    for name in sorted(names, key=lambda name: -len(name.spelling)):
        found[name.spelling[:2]].append(name)
    return {head: tuple(group) for head, group in found.items()}


def narrow(codes: tuple[str, ...], sidos: set[str]) -> tuple[str, ...]:
    """Of several places of one name, the one in a 시도 that is known: 남구 in 부산."""
    inside = tuple(code for code in codes if code[:2] in sidos)
    return inside if len(inside) == 1 else codes
