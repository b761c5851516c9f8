"""BM25 over pairs of letters: a lexical baseline that needs no dictionary and survives spacing errors."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

_K1 = 1.2
_B = 0.75
_WORD = re.compile(r"[0-9a-z]+|[가-힣]+")


class LexicalIndex:
    """Scores texts by what letters a question shares with them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """`texts` by id."""
        counts = {id_: Counter(terms(text)) for id_, text in texts.items()}
        lengths = {id_: count.total() for id_, count in counts.items()}
        average = sum(lengths.values()) / max(1, len(lengths)) or 1.0
        self._norms = {id_: _K1 * (1 - _B + _B * length / average) for id_, length in lengths.items()}
        self._postings: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for id_, count in counts.items():
            for term, times in count.items():
                self._postings[term].append((id_, times))

    def scores(self, question: str) -> dict[str, float]:
        """BM25 by id, of every text that shares something with the question."""
        found: dict[str, float] = defaultdict(float)
        for term in dict.fromkeys(terms(question)):
            postings = self._postings.get(term, ())
            rarity = math.log(1 + (len(self._norms) - len(postings) + 0.5) / (len(postings) + 0.5))
            for id_, times in postings:
                found[id_] += rarity * times * (_K1 + 1) / (times + self._norms[id_])
        return dict(found)


def terms(text: str) -> Iterator[str]:
    """Pairs of Hangul letters, and whole words of digits and Latin letters."""
    for word in _WORD.findall(text.lower()):
        if word[0] < "가" or len(word) == 1:
            yield word
        else:
            yield from (word[at : at + 2] for at in range(len(word) - 1))
