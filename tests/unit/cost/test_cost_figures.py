"""Costs and capacity: arithmetic that can be checked by hand, and pages that say what it says."""

from dataclasses import replace

import pytest

from finq_local.stack.layout import PROJECT
from finq_ops.cost.capacity import bounds
from finq_ops.cost.figures import Figure, Figures, load_figures
from finq_ops.cost.month import ARCHITECTURE, answer_price, month, switches
from finq_ops.cost.pages import pages


@pytest.fixture
def figures() -> Figures:
    return load_figures()


def with_price(figures: Figures, name: str, value: float) -> Figures:
    return replace(figures, prices={**figures.prices, name: Figure(value, "test", checked=True)})


def test_pages_are_not_stale() -> None:
    for page, text in pages(PROJECT).items():
        assert page.read_text(encoding="utf-8") == text, f"{page.name}: run python -m finq_ops.cost"


def test_every_figure_says_where_it_comes_from(figures) -> None:
    for group in (figures.prices, figures.usage, figures.quotas):
        for name, figure in group.items():
            assert figure.origin, name
            assert figure.value > 0, name


def test_the_architectures_sum_is_its_146_dollars() -> None:
    assert sum(ARCHITECTURE.values()) == pytest.approx(146, abs=0.5)


def test_an_answer_by_hand(figures) -> None:
    router = (641 + 0.9 * 1626) * 1e-6 + 100 * 5e-6
    assert answer_price(figures) == pytest.approx(router + 3406 * 3e-6 + 603 * 15e-6)


def test_what_is_there_costs_without_requests_too(figures) -> None:
    idle = month(figures, 0)
    assert idle.parts["NAT gateway"] == pytest.approx(730 * 0.059)
    assert idle.parts["VPC endpoints"] == pytest.approx(730 * 2 * 3 * 0.013)
    assert idle.parts["Bedrock, chat"] == idle.parts["Lambda"] == idle.parts["API Gateway"] == 0


def test_answers_grow_with_questions_and_nothing_else(figures) -> None:
    one, ten = month(figures, 1e6), month(figures, 1e7)
    assert ten.parts["Bedrock, chat"] == pytest.approx(10 * one.parts["Bedrock, chat"])
    assert ten.parts["RDS"] == one.parts["RDS"]
    assert month(figures, 1e6, 0).parts["Bedrock, chat"] == 0
    dearer = month(with_price(figures, "nat_hour", 1), 1e6)
    assert dearer.total - one.total == pytest.approx(730 * (1 - 0.059))


def test_each_quota_bears_what_the_hand_says(figures) -> None:
    chats = {bound.quota: bound.chats for bound in bounds(figures, 80)}
    assert chats["chatbot's reserved concurrency"] == 80
    assert chats["requests per second"] == 10_000 / 20
    assert chats["new connections per second"] == 500 * 12
    assert chats["answer tokens per minute"] == pytest.approx(200_000 / (3406 + 5 * 603) * 12 / 60)


def test_switches_by_hand(figures) -> None:
    usd = list(switches(figures).values())
    assert usd[0] == pytest.approx(2 * 3008 / 1024 * 2_628_000 * 0.0000051254)
    assert usd[2] == pytest.approx(730 * 2 * 0.018)
