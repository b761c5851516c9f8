"""What records call otherwise than people do: "알바비 떼였어요" is 임금체불 there. The words are in `lexicon.tsv`."""

import re
from functools import cache
from importlib.resources import files

_MOST = 12  # terms added to one question


def official_terms(text: str) -> tuple[str, ...]:
    """Words of records for the sayings in `text`, whose spaces do not matter."""
    compact = "".join(text.split())
    found = dict.fromkeys(term for saying in _sayings().findall(compact) for term in _terms()[saying])
    return tuple(term for term in found if term not in compact)[:_MOST]


@cache
def _terms() -> dict[str, tuple[str, ...]]:
    """Terms by saying."""
    lines = files("finq.policies.understanding").joinpath("lexicon.tsv").read_text(encoding="utf-8").splitlines()
    entries = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {
        "".join(saying.split()): tuple(terms.split()) for sayings, terms in entries for saying in sayings.split("|")
    }


@cache
def _sayings() -> re.Pattern[str]:
    # The longest first: "전세사기" before "전세".
    return re.compile("|".join(map(re.escape, sorted(_terms(), key=len, reverse=True))))
