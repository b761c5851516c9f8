"""Checks of whole answers: each lets a right answer through and catches a wrong one."""

from datetime import date
from typing import Any

import pytest

from finq.policies.card import card
from finq.policies.eligibility import Applicant
from finq.policies.model import Policy
from finq_local.evaluation.answers import Answered, cited, denies, judge
from finq_local.evaluation.questions import JudgedQuestion

TODAY = date(2026, 6, 1)
SAVINGS = Policy(
    id="SAVE",
    name="청년 든든적금",
    support="매달 10만원을 저축하면 720만원",
    min_age=19,
    max_age=34,
    nationwide=True,
    raw={"plcySprtCn": "매달 10만원을 저축하면 720만원", "etcMttrCn": "이자 연 5%"},
)
RENT = Policy(id="RENT", name="청년 월세", support="월 20만원", nationwide=True, raw={})
POLICIES = {policy.id: policy for policy in (SAVINGS, RENT)}


def failures(text: str, kind: str = "recommend", age: int | None = 25, **fields: Any) -> set[str]:
    judged = {"relevant": ["SAVE"]} if kind == "recommend" else {"relevant": []}
    judged |= {name: fields.pop(name) for name in ("ineligible",) if name in fields}
    query = fields.pop("query", "25살 적금 추천")
    question = JudgedQuestion.model_validate({"id": "Q", "query": query, "type": kind} | judged)
    applicant = Applicant(age=age)
    cards = tuple(card(policy, applicant, TODAY) for policy in POLICIES.values())
    answered = Answered(text, cards, 0, applicant, TODAY, 0.1, fields.pop("error", ""))
    return {failure.check for failure in judge(question, answered, POLICIES).failures}


def test_a_right_answer() -> None:
    text = "[청년 든든적금](policy:SAVE)은 만 19~34세가 매달 10만원씩 모아 720만원을 받고, 이자는 5%예요."
    assert failures(text) == set()


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("", "empty"),
        ("[가짜](policy:FAKE)를 추천해요.", "citation"),
        ("[[SAVE]]를 추천해요.", "citation"),
        ("[청년 든든적금](policy:SAVE)은 900만원을 줘요.", "figure"),
        ("[청년 든든적금](policy:SAVE)은 2026년 7월 3일까지예요.", "figure"),
        ("[청년 든든적금](policy:SAVE)은 만 39세까지예요.", "figure"),
        ("[청년 든든적금](policy:SAVE)은 이자가 7%예요.", "figure"),
        ("[청년 든든적금](policy:SAVE)과 달리 월세는 월 20만원이에요.", "figure"),
    ],
)
def test_wrong_answers(text: str, check: str) -> None:
    assert failures(text) == {check}


def test_an_age_told_in_words_may_be_said_in_figures() -> None:
    text = "만 20세 기준으로 [청년 든든적금](policy:SAVE)을 찾았어요."
    assert failures(text, age=None, query="스무살이에요. 적금 추천") == set()
    assert failures(text, age=None, query="적금 추천") == {"figure"}


def test_an_error_is_a_failure() -> None:
    assert failures("", error="SERVICE_UNAVAILABLE") == {"error"}


def test_a_policy_for_others_may_be_named_with_a_denial_alone() -> None:
    assert failures("[청년 든든적금](policy:SAVE)을 추천해요.", age=40) == {"ineligible"}
    assert failures("[청년 든든적금](policy:SAVE)은 만 40세라 신청할 수 없어요.", age=40) == set()
    assert failures("[청년 월세](policy:RENT)를 추천해요.", ineligible=["RENT"]) == {"ineligible"}


def test_a_denial_of_another_policy_does_not_count() -> None:
    text = "- [청년 월세](policy:RENT)는 대상이 아니에요.\n- [청년 든든적금](policy:SAVE)을 추천해요."
    assert failures(text, age=40) == {"ineligible"}


def test_you_do_not_qualify() -> None:
    wanted: dict[str, Any] = {"kind": "ineligible", "age": 50, "ineligible": ["SAVE"]}
    assert failures("[청년 든든적금](policy:SAVE)은 만 19~34세만 되어 신청할 수 없어요.", **wanted) == set()
    assert failures("[청년 든든적금](policy:SAVE)을 신청해 보세요.", **wanted) == {"ineligible", "no refusal"}
    assert failures("[청년 월세](policy:RENT)는 어떠세요?", **wanted) == {"no refusal"}


def test_out_of_scope() -> None:
    assert failures("그 질문에는 답하기 어려워요. 청년정책을 물어봐 주세요.", "none") == set()
    assert failures("답하기 어려워요. 대신 [청년 월세](policy:RENT)는 어때요?", "none") == {"out of scope"}
    assert failures("답하기 어려워요. 청년 월세를 보세요.", "none") == {"out of scope"}
    assert failures("내일은 맑아요.", "none") == {"no refusal"}


def test_cited_once_each_in_order() -> None:
    assert cited("[나](policy:B) [가](policy:A) [나](policy:B) [밖](https://x.example)") == ["B", "A"]


@pytest.mark.parametrize(
    "text",
    [
        "지금 조건으로는 신청이 어려워요",
        "신청은 어려울 수 있어요",
        "대상이 아니에요",
        "만 50세라 받을 수 없어요",
        "자격: 신청 불가 (만 19~34세)",
    ],
)
def test_denials(text: str) -> None:
    assert denies(text)


@pytest.mark.parametrize("text", ["중복 신청 불가", "취업이 어려운 청년에게", "신청할 수 있어요", "서류가 없어도 돼요"])
def test_no_denials(text: str) -> None:
    assert not denies(text)
