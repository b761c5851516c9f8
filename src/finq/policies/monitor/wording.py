"""Letters of Korean text: its pairs, its sentences, what is left of it as one plain line."""

import re

from finq.policies.text import clean
from finq.tavily import without_personal

_TAG = re.compile(r"<[^<>]{1,200}>")
_LINK = re.compile(r"\w+://\S+|www\.\S+")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_LONGEST = 300  # characters of a sentence
_SENTENCE_END = re.compile(r"(?<=[.!?。])\s+|\n+|(?<=다)\s(?=[가-힣]{2})|\s[-•·▶■□○ㅇ※*]\s")


def plain(text: str) -> str:
    """`text` with line breaks, without tags, addresses, personal data and control characters."""
    lines = _TAG.sub(" ", clean(text)).split("\n")
    return "\n".join(line for line in (without_personal(_LINK.sub(" ", one)) for one in lines) if line)


def pairs(text: str) -> frozenset[str]:
    """Letter pairs of its words, since Korean words change their endings; a word of one letter is its own pair."""
    words = _WORD.findall(text.lower())
    return frozenset(word[at : at + 2] for word in words for at in range(max(1, len(word) - 1)))


def squeezed(text: str) -> str:
    """Its letters and digits alone."""
    return "".join(_WORD.findall(text.lower()))


def sentences(text: str) -> list[str]:
    """Its sentences or list items, in order; what never ends is cut, since patterns take long over it."""
    parts = (part.strip() for part in _SENTENCE_END.split(text))
    return [part[at : at + _LONGEST] for part in parts for at in range(0, len(part), _LONGEST)]


def alike(one: str, other: str) -> float:
    """Share of letter pairs two texts have in common, 0 to 1."""
    left, right = pairs(one), pairs(other)
    return len(left & right) / len(left | right) if left and right else 0.0
