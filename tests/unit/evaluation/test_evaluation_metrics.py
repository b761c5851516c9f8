"""Measures against values worked out by hand, and what must hold of any ranking."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq_local.evaluation import metrics

IDS = list("abcdefghijkl")
RANKINGS = st.permutations(IDS)
RELEVANT = st.sets(st.sampled_from(IDS), min_size=1, max_size=6)
SHARES = ("recall_at_1", "recall_at_5", "recall_at_10", "ndcg_at_10", "precision_at_1", "precision_at_5")


def test_worked_by_hand() -> None:
    # Relevant at 2 and 4 once the neutral "n" is gone; a third one is not there at all.
    found = metrics.score(["n", "x", "a", "y", "b", "z"], ["a", "b", "c"], also_ok=["n"])
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found.recall_at_1 == 0
    assert found.recall_at_5 == pytest.approx(2 / 3)
    assert found.recall_at_10 == pytest.approx(2 / 3)
    assert found.ndcg_at_10 == pytest.approx(gain / ideal)
    assert found.precision_at_1 == 0
    assert found.precision_at_5 == pytest.approx(2 / 5)
    assert found.reciprocal_rank == pytest.approx(1 / 2)


def test_only_the_first_places_count() -> None:
    assert metrics.among_first(["n", "x", "a", "y", "b", "z"], ["y", "z"], 5) == 1, "z is sixth"


def test_nothing_found() -> None:
    found = metrics.score([], ["a"])
    assert all(getattr(found, measure) == 0 for measure in SHARES)
    assert found.reciprocal_rank == 0


def test_nothing_relevant_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="nothing is relevant"):
        metrics.score(["a"], [])


def test_more_relevant_than_places() -> None:
    found = metrics.score(IDS[:5], IDS)
    assert found.recall_at_5 == pytest.approx(5 / 12)
    assert found.precision_at_5 == 1
    assert metrics.ndcg(IDS[:10], IDS, 10) == pytest.approx(1), "the ideal has ten places as well"


@given(RANKINGS, RELEVANT)
def test_shares(ranking: list[str], relevant: set[str]) -> None:
    found = metrics.score(ranking, relevant)
    assert all(0 <= getattr(found, measure) <= 1 for measure in SHARES)
    assert found.recall_at_1 <= found.recall_at_5 <= found.recall_at_10
    assert found.reciprocal_rank >= found.precision_at_1


@given(RANKINGS, RELEVANT)
def test_relevant_first_is_best(ranking: list[str], relevant: set[str]) -> None:
    best = sorted(ranking, key=lambda one: one not in relevant)
    assert metrics.ndcg(best, relevant, 10) == pytest.approx(1)
    assert metrics.ndcg(ranking, relevant, 10) <= 1 + 1e-9


@given(RANKINGS, RELEVANT, st.integers(0, 11))
def test_neutral_ones_cost_no_place(ranking: list[str], relevant: set[str], at: int) -> None:
    padded = [*ranking[:at], "neutral 1", "neutral 2", *ranking[at:]]
    assert metrics.score(padded, relevant, ["neutral 1", "neutral 2"]) == metrics.score(ranking, relevant)


@given(RANKINGS, RELEVANT)
def test_moving_a_relevant_one_up_never_hurts(ranking: list[str], relevant: set[str]) -> None:
    place = max(ranking.index(one) for one in relevant)
    raised = [ranking[place], *ranking[:place], *ranking[place + 1 :]]
    assert metrics.ndcg(raised, relevant, 10) >= metrics.ndcg(ranking, relevant, 10) - 1e-9
    assert metrics.reciprocal_rank(raised, relevant) >= metrics.reciprocal_rank(ranking, relevant)


@pytest.mark.parametrize(
    ("found", "best", "reached"),
    [
        ([0.9, 0.8, 0.7], [0.9, 0.8, 0.7], 3),
        ([0.9, 0.7], [0.9, 0.8], 1),
        ([0.9, 0.80003], [0.9, 0.8000], 2),
        ([0.9, 0.8, 0.8], [0.9, 0.8], 2),
        ([], [0.9], 0),
        ([0.9], [], 0),
    ],
)
def test_found_of_best(found: list[float], best: list[float], reached: int) -> None:
    assert metrics.found_of_best(found, best) == reached


def test_percentiles() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert metrics.percentile(values, 0.5) == 50
    assert metrics.percentile(values, 0.99) == 99
    assert metrics.percentile([3.0], 0.99) == 3
    assert metrics.percentile([], 0.5) == 0
    assert metrics.mean([1, 2, 6]) == 3
    assert metrics.mean([]) == 0
