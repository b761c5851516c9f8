"""Which records are one programme (its yearly editions, the same programme of several regions), and which is meant."""

import re
from functools import cache, lru_cache

from finq.policies import regions

_LEAST = 3  # letters that must be left of a name for it to tell programmes apart
_BRACKETS = re.compile(r"\[[^\]]*\]|\([^)]*\)|<[^>]*>|「|」|『|』")
# Of which year, round or half a call is, and words that names of programmes take on and drop.
_EDITION = re.compile(
    r"(?:20)?\d{2}\s*년도?|20\d{2}|제?\s*\d+\s*(?:차|회|기|분기|학기|월)|[상하]반기|추가\s*모집|재\s*공고|정기|추가"
)
_TAIL = re.compile(r"(?:지원|사업|운영|모집|공고|안내|신청|참여자|대상자|입주자|교육생)+$")

_BRACKETED = re.compile(r"\[([^\]]*)\]|\(([^)]*)\)")
_PLACE = re.compile(r"[시군구도]$")
_LEAST_OTHER = 5  # pairs of letters of a name in brackets: "(청년도약계좌)", not "(2차)" or "(서울)"


def named(name: str, words: str) -> float:
    """How much of a policy's name `words` hold, as a share of its pairs of letters, 0 to 1.

    Its edition and tail aside; of a name that it has in brackets, if they hold more of that.
    """
    said = _pairs(words)
    own = _pairs(programme(name, ()))
    others = [_pairs(text) for found in _BRACKETED.findall(name) if not _PLACE.search(text := max(found).strip())]
    compared = [own, *(pairs for pairs in others if len(pairs) >= _LEAST_OTHER)]
    return max(len(pairs & said) / len(pairs) if pairs else 0.0 for pairs in compared)


def _pairs(text: str) -> set[str]:
    letters = re.sub(r"[\W_\d]+", "", text)
    return {letters[at : at + 2] for at in range(len(letters) - 1)}


@lru_cache(maxsize=16_384)
def programme(name: str, region_codes: tuple[str, ...]) -> str:
    """What names of one programme have in common: the name less its edition, its own region's names and its tail.

    "2026년 청년월세 지원사업(부산시 남구)" and "남구 청년 월세 지원" of 부산 남구 are both "청년월세".
    """
    bare = _EDITION.sub(" ", _BRACKETS.sub(" ", name))
    for word in bare.split():
        if word in _names(frozenset(region_codes)):
            bare = bare.replace(word, " ", 1)
    letters = re.sub(r"[\W_]+", "", bare)
    short = _TAIL.sub("", letters)
    return next((text for text in (short, letters) if len(text) >= _LEAST), name)


@cache
def _names(region_codes: frozenset[str]) -> frozenset[str]:
    """How names of programmes write these regions: 부산, 부산시, 부산광역시, 남구, 충남형."""
    words: set[str] = set()
    for code in region_codes:
        words.add(regions.SIDO_SHORT.get(code[:2], ""))
        for part in (regions.sido_names().get(code[:2], ""), *regions.names().get(code, ("", ""))[1].split()):
            words |= {part, part[:-1] if len(part) > 2 else part}
    words.discard("")
    return frozenset(words | {f"{word}{suffix}" for word in words for suffix in ("시", "형", "도")})
