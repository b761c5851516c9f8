"""The lexical baseline against BM25 worked out by hand."""

import math

import pytest

from finq_local.evaluation.lexical import LexicalIndex, terms


def test_terms() -> None:
    assert list(terms("청년 월세, 2026년 K-패스!")) == ["청년", "월세", "2026", "년", "k", "패스"]
    assert list(terms("기술자격")) == ["기술", "술자", "자격"]
    assert list(terms("  \n")) == []


def test_scores_by_hand() -> None:
    index = LexicalIndex({"A": "월세 월세", "B": "월세 적금", "C": "창업"})
    average = (2 + 2 + 1) / 3
    rarity = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    norm = 1.2 * (0.25 + 0.75 * 2 / average)
    assert index.scores("월세") == {
        "A": pytest.approx(rarity * 2 * 2.2 / (2 + norm)),
        "B": pytest.approx(rarity * 2.2 / (1 + norm)),
    }


def test_rarer_words_count_more_and_spacing_does_not_matter() -> None:
    index = LexicalIndex({"A": "청년 월세 지원", "B": "청년 적금 지원", "C": "청년 창업 지원"})
    scores = index.scores("청년적금")
    assert max(scores, key=scores.__getitem__) == "B"
    assert scores["A"] == scores["C"] < scores["B"]


def test_nothing_in_common_and_nothing_at_all() -> None:
    assert LexicalIndex({"A": "월세"}).scores("창업") == {}
    assert LexicalIndex({}).scores("창업") == {}
    assert LexicalIndex({"A": ""}).scores("창업") == {}
