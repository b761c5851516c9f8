"""The order of what a vector store proposes: nearness of meaning, words in common, and whether it is one's own place.

Nearness is taken relative to the candidates at hand, since one embedding model's cosines mean nothing beside
another's. The weights are chosen by the figures of docs/evaluation.md, where each part is shown to earn its place.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from finq.policies import regions

_WORDS = 2.2  # of all words in common, where 1 is the distance between the nearest and the farthest candidate
_OWN_SIDO = 0.9  # for what answers best otherwise; in proportion for the rest
_OWN_SIGUNGU = 0.6  # beyond that
_FEW_PLACES = 3  # 시군구 that a programme may name and still count as made for one of them
# Of BM25, as its authors recommend.
_SATURATION = 1.2
_LENGTH = 0.75
_RUNS = re.compile(r"[가-힣]+|[a-z]+|\d+")


@dataclass(frozen=True)
class Candidate:
    """What the order depends on; `similarity` is the cosine to the question, `text` in lower case."""

    policy_id: str
    similarity: float
    text: str
    nationwide: bool
    local_to: str | None
    region_codes: tuple[str, ...]


def ranked(words: str, candidates: Sequence[Candidate], places: Sequence[str]) -> list[tuple[str, float]]:
    """(policy id, score), best first.

    Args:
        words: what is asked for, without the person's own facts.
        candidates: from the vector store, all of them passing the filter.
        places: codes of where the person lives, and of other places that the question names; may be empty.
    """
    if not candidates:
        return []
    lowest = min(candidate.similarity for candidate in candidates)
    span = max(candidate.similarity for candidate in candidates) - lowest or 1.0
    shares = shared_words(words, [candidate.text for candidate in candidates])
    # The root, since a few words in common say most of it, and the more words somebody tells the less each counts.
    answers = [
        (candidate.similarity - lowest) / span + _WORDS * math.sqrt(share)
        for candidate, share in zip(candidates, shares, strict=True)
    ]
    best = max(answers) or 1.0
    at_home = [_at_home(candidate, places) for candidate in candidates]
    scored = [
        (answer * (1 + home / best), home, candidate.policy_id)
        for candidate, answer, home in zip(candidates, answers, at_home, strict=True)
    ]
    return [(policy_id, score) for score, _, policy_id in sorted(scored, key=lambda one: (-one[0], -one[1], one[2]))]


def shared_words(words: str, texts: Sequence[str]) -> list[float]:
    """How much of `words` each text holds, 0 to 1: BM25 as a share of the most that it could be.

    Terms are pairs of letters, which survive Korean endings and spacing errors, and whole Latin words and numbers.
    How rare a term is, is counted among `texts`: what all candidates say tells none of them from the others, and what
    none says makes no question long, however much people tell.
    """
    wanted = terms(words)
    average = sum(map(len, texts)) / len(texts) or 1.0
    damping = [_SATURATION * (1 - _LENGTH + _LENGTH * len(text) / average) for text in texts]
    shares = [0.0] * len(texts)
    total = 0.0
    for term in wanted:
        counts = [text.count(term) for text in texts]
        holding = sum(count > 0 for count in counts)
        if holding:
            rarity = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
            total += rarity
            for n, count in enumerate(counts):
                shares[n] += rarity * count / (count + damping[n])
    return [share / total for share in shares] if total else shares


def terms(words: str) -> frozenset[str]:
    """ "AI 월세지원" -> {"ai", "월세", "세지", "지원"}."""
    found: set[str] = set()
    for run in _RUNS.findall(words.lower()):
        if run[0] >= "가" and len(run) > 1:
            found.update(run[at : at + 2] for at in range(len(run) - 1))
        else:
            found.add(run)
    return frozenset(found)


def _at_home(candidate: Candidate, places: Sequence[str]) -> float:
    """For somebody whose place is unknown, only a programme of the whole country is surely theirs."""
    if not places:
        return _OWN_SIDO if candidate.nationwide and not candidate.local_to else 0.0
    return max(_near(candidate, place) for place in places)


def _near(candidate: Candidate, place: str) -> float:
    if candidate.nationwide:
        if not candidate.local_to:
            return 0.0
        return _OWN_SIDO if candidate.local_to[:2] == place[:2] else -_OWN_SIDO
    if all(code[:2] != place[:2] for code in candidate.region_codes):
        return 0.0
    few = len(candidate.region_codes) <= _FEW_PLACES
    if len(place) == 5 and few and not regions.related(place).isdisjoint(candidate.region_codes):
        return _OWN_SIDO + _OWN_SIGUNGU
    return _OWN_SIDO
