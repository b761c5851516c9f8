"""Measures of rankings. Pure; every ranking is a sequence of distinct ids, best first."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_CUT = 10  # of nDCG
_SAME_SCORE = 1e-4  # stores keep vectors in single precision


@dataclass(frozen=True)
class Scores:
    """Of one ranking, each from 0 to 1."""

    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    ndcg_at_10: float
    precision_at_1: float
    precision_at_5: float
    reciprocal_rank: float


def score(ranking: Sequence[str], relevant: Collection[str], also_ok: Collection[str] = ()) -> Scores:
    """Every measure of a ranking; neutral policies are dropped first, so they cost no place.

    Raises:
        ValueError: nothing is relevant, so that nothing can be measured.
    """
    kept = without(ranking, also_ok)
    return Scores(
        recall_at_1=recall(kept, relevant, 1),
        recall_at_5=recall(kept, relevant, 5),
        recall_at_10=recall(kept, relevant, 10),
        ndcg_at_10=ndcg(kept, relevant, _CUT),
        precision_at_1=precision(kept, relevant, 1),
        precision_at_5=precision(kept, relevant, 5),
        reciprocal_rank=reciprocal_rank(kept, relevant),
    )


def without(ranking: Sequence[str], dropped: Collection[str]) -> list[str]:
    """The ranking with some left out; those below move up."""
    return [policy_id for policy_id in ranking if policy_id not in dropped]


def among_first(ranking: Sequence[str], ids: Collection[str], k: int) -> int:
    """How many of `ids` are among the first `k`."""
    return len(set(ranking[:k]) & set(ids))


def recall(ranking: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Share of the relevant among the first `k`. With more than `k` relevant it cannot reach 1."""
    _require(relevant)
    return among_first(ranking, relevant, k) / len(set(relevant))


def precision(ranking: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Share of the first `k` places that are relevant."""
    _require(relevant)
    return among_first(ranking, relevant, k) / k


def ndcg(ranking: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Normalised discounted cumulative gain with binary gains: 1 when the relevant come first."""
    _require(relevant)
    wanted = set(relevant)
    gain = sum(_discount(rank) for rank, policy_id in enumerate(ranking[:k], start=1) if policy_id in wanted)
    return gain / sum(_discount(rank) for rank in range(1, min(k, len(wanted)) + 1))


def reciprocal_rank(ranking: Sequence[str], relevant: Collection[str]) -> float:
    """1 / rank of the first relevant one; 0 where there is none."""
    _require(relevant)
    return next((1 / rank for rank, policy_id in enumerate(ranking, start=1) if policy_id in relevant), 0.0)


def found_of_best(found: Sequence[float], best: Sequence[float]) -> int:
    """How many of the `best` scores there are were reached by the scores `found`.

    Policies of equal score are interchangeable, so scores are compared and not ids.
    """
    if not best:
        return 0
    worst = min(best) - _SAME_SCORE
    return min(len(best), sum(value >= worst for value in found))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed (nearest rank); 0 of nothing."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def mean(values: Sequence[float]) -> float:
    """0 of nothing."""
    return math.fsum(values) / len(values) if values else 0.0


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)


def _require(relevant: Collection[str]) -> None:
    if not relevant:
        raise ValueError("nothing is relevant, so nothing can be measured")
