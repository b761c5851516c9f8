"""Every real policy against every page of the stand-in: almost none is about any, and those few are found."""

import json
from datetime import date
from pathlib import Path

import pytest

from finq.policies.monitor.confidence import Finding, assess
from finq.policies.normalise import normalise
from finq.tavily import page_of
from finq_local import sample
from finq_local.tavily.news import load_items

CORPUS = Path(__file__).parents[3].parent / "shared" / "data" / "policies_sample.jsonl"
TODAY = date(2026, 11, 23)
PAGES = [
    page
    for item in load_items()
    if item.days_ago <= 31 and (page := page_of({"title": item.title, "url": item.url, "content": item.content}))
]


def found(records: list[dict[str, str]]) -> set[tuple[str, str, str]]:
    """(policy, kind of change, last part of the page's address)."""
    policies = [normalise(record) for record in records]
    judged = ((policy, page, assess(policy, page, TODAY)) for policy in policies for page in PAGES)
    return {
        (policy.name, finding.kind, page.url.rpartition("/")[2])
        for policy, page, finding in judged
        if isinstance(finding, Finding)
    }


def test_the_sample() -> None:
    assert found(list(sample.records(TODAY))) == {
        ("부산 청년 머물자리 월세", "extended", "busan-rent-extended"),
        ("부산 청년 머물자리 월세", "extended", "busan-rent-extended-again"),
        ("서울 청년 이사하는 날", "budget_spent", "seoul-moving-day-spent"),
        ("학자금대출 이자 전액지원", "eligibility_changed", "loan-interest-widened"),
    }


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the real policy records are not beside the project")
def test_real_records() -> None:
    lines = CORPUS.read_text(encoding="utf-8").split("\n")
    assert found([json.loads(line) for line in lines if line]) == {
        ("전세보증금반환보증 보증료 지원", "eligibility_changed", "deposit-guarantee")
    }
