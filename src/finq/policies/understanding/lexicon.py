"""What records call otherwise than people do: "알바비 떼였어요" is 임금체불 there. The words are in `lexicon.tsv`."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from finq.policies.understanding.text import Compact

_MOST = 12  # terms added to one question
_SHORT = 3  # letters up to which a saying must begin a word
_LONGEST_WORD = 8  # letters; what is longer was written without blanks


def official_terms(text: str) -> tuple[str, ...]:
    """Words of records for the sayings in `text`, whose spaces do not matter."""
    compact = Compact(text)
    found = dict.fromkeys(term for saying in _sayings(compact) for term in _terms()[saying])
    return tuple(term for term in found if term not in compact.chars)[:_MOST]


def _sayings(compact: Compact) -> Iterator[str]:
    """From left to right, the longest where several begin: "전세사기", not "전세"."""
    terms, lengths, chars = _terms(), _lengths(), compact.chars
    at = 0
    while at < len(chars):
        said = next((chars[at : at + length] for length in lengths if chars[at : at + length] in terms), None)
        if said and len(said) <= _SHORT and _inside_a_word(compact, at):
            said = None
        if said:
            yield said
        at += len(said) if said else 1


def _inside_a_word(compact: Compact, at: int) -> bool:
    """Whether letters of the same word stand before: "활동비" in "구직활동비"; who writes without blanks has none."""
    return not compact.starts_word(at) and len(compact.word(at)) <= _LONGEST_WORD


@cache
def _terms() -> dict[str, tuple[str, ...]]:
    """Terms by saying."""
    lines = files("finq.policies.understanding").joinpath("lexicon.tsv").read_text(encoding="utf-8").splitlines()
    entries = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {
        "".join(saying.split()): tuple(terms.split()) for sayings, terms in entries for saying in sayings.split("|")
    }


@cache
def _lengths() -> tuple[int, ...]:
    """Of sayings in characters, the longest first."""
    return tuple(sorted({len(saying) for saying in _terms()}, reverse=True))
