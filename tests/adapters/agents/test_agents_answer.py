"""Whole answers from the rule-based Bedrock stand-in, over HTTP."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from agents_harness import TODAY, Hearing

from finq import aws as finq_aws
from finq.agents.assistant import build_assistant
from finq.agents.conversation import AnswerStopped, Question, Turn
from finq.agents.graph import Assistant
from finq.errors import ModelUnavailable, ServiceUnavailable, TooManyRequests
from finq.policies.eligibility import Applicant
from finq.policies.search import PolicySearch
from finq.settings import ModelSettings, WebSearchSettings


def ask(text: str, **more: Any) -> Question:
    return Question(text=text, today=TODAY, **more)


def test_an_eligible_policy_is_cited_with_its_name(assistant: Assistant) -> None:
    hearing = Hearing()
    reply = assistant.answer(ask("25살인데 청년 적금 추천해줘"), hearing)
    assert reply.route == "policy_search"
    assert hearing.stages == ["routing", "searching", "writing"]
    assert "".join(hearing.pieces) == reply.text
    assert {"SAVE-1", "SAVE-2"} <= {card.id for card in reply.cards}
    links = re.findall(r"\[([^\]]+)\]\(policy:([^)]+)\)", reply.text)
    names = {card.id: card.name for card in reply.cards}
    assert links
    assert all(names[id_] == name for name, id_ in links)
    assert reply.grounding["cited"] == list(dict.fromkeys(id_ for _, id_ in links))
    assert reply.grounding["unsupported_figures"] == []
    assert all(card.verdict != "not_eligible" for card in reply.cards)


def test_usage_counts_every_call_and_the_model_is_named_honestly(assistant: Assistant) -> None:
    reply = assistant.answer(ask("청년 월세 지원 알려줘"), Hearing())
    assert reply.usage["model_calls"] == 3
    assert reply.usage["input_tokens"] > 0
    assert reply.usage["output_tokens"] > 0
    assert "claude" not in reply.model
    assert {"routing", "query", "search", "writing", "first_token", "total"} <= set(reply.timings)


def test_small_talk_searches_nothing(assistant: Assistant) -> None:
    hearing = Hearing()
    reply = assistant.answer(ask("안녕!"), hearing)
    assert reply.route == "small_talk"
    assert hearing.stages == ["routing", "writing"]
    assert reply.cards == ()


def test_why_not_is_answered_for_a_policy_asked_by_name(assistant: Assistant) -> None:
    reply = assistant.answer(ask("50살인데 경기 청년기본소득 받을 수 있어요?"), Hearing())
    verdicts = {card.id: card.verdict for card in reply.cards}
    assert verdicts["BASIC-1"] == "not_eligible"
    assert [id_ for id_, verdict in verdicts.items() if verdict == "not_eligible"] == ["BASIC-1"]


def test_why_not_is_answered_for_what_is_asked_about_without_its_name(assistant: Assistant) -> None:
    reply = assistant.answer(ask("50살 경기도민인데 분기마다 주는 지역화폐 되나요?"), Hearing())
    assert {card.id: card.verdict for card in reply.cards}["BASIC-1"] == "not_eligible"
    assert "신청은 지금 조건으로는 어려워요" in reply.text.split("\n")[0]


def test_nobody_is_told_what_they_cannot_get_unless_they_ask(assistant: Assistant) -> None:
    reply = assistant.answer(ask("50살 경기도민인데 분기마다 주는 지역화폐 알려줘"), Hearing())
    assert "BASIC-1" not in {card.id for card in reply.cards}


def test_what_the_message_says_wins_over_the_profile(assistant: Assistant) -> None:
    told = Applicant(age=62, region_code="11")
    by_profile = assistant.answer(ask("적금 추천해줘", applicant=told), Hearing())
    by_message = assistant.answer(ask("25살이고 적금 추천해줘", applicant=told), Hearing())
    assert "SAVE-1" not in {card.id for card in by_profile.cards}
    assert "SAVE-1" in {card.id for card in by_message.cards}


def test_closed_policies_only_when_asked_for(assistant: Assistant) -> None:
    usual = assistant.answer(ask("적금 추천해줘"), Hearing())
    past = assistant.answer(ask("마감된 청년 지난적금도 알려줘"), Hearing())
    assert "OLD-1" not in {card.id for card in usual.cards}
    assert "OLD-1" in {card.id for card in past.cards}


@pytest.mark.parametrize(
    ("message", "first", "basis"),
    [
        ("이번 달까지 신청할 수 있는 적금 추천해줘", "SOON-1", "11월 30일까지 마감되는 정책을 먼저 보여 드려요."),
        ("상시 모집하는 적금 추천해줘", "ALWAYS-1", "상시 신청할 수 있는 정책을 먼저 보여 드려요."),
        ("오늘까지 신청할 수 있는 적금 추천해줘", None, "11월 22일까지 마감되는 정책은 찾지 못했어요."),
    ],
)
def test_what_keeps_the_deadline_comes_first_and_is_said(
    assistant: Assistant, message: str, first: str | None, basis: str
) -> None:
    reply = assistant.answer(ask(message), Hearing())
    assert len(reply.cards) == 5
    assert first in {reply.cards[0].id, None}
    assert basis in reply.text
    assert reply.grounding["unsupported_figures"] == []


def test_a_policy_of_another_place_is_refused_with_its_residence_condition(assistant: Assistant) -> None:
    reply = assistant.answer(ask("대구 사는데 부산 청년 문화패스 되나요"), Hearing())
    cards = {card.id: card for card in reply.cards}
    assert cards["PASS-2"].verdict == "not_eligible"
    line = next(line for line in reply.text.splitlines() if "(policy:PASS-2)" in line)
    assert "거주지 조건이 있어 부산광역시 남구 외 1곳에 살아야 받을 수 있어요." in line
    assert "가능" not in line


def test_a_namesake_of_another_place_is_no_answer(assistant: Assistant) -> None:
    lives_in_daegu = Applicant(region_code="27")
    named = assistant.answer(ask("청년기본소득 받을 수 있어요?", applicant=lives_in_daegu), Hearing())
    placed = assistant.answer(ask("대구 청년기본소득 받을 수 있어요?", applicant=lives_in_daegu), Hearing())
    assert {card.id: card.verdict for card in named.cards}["BASIC-1"] == "not_eligible"
    assert "BASIC-1" not in {card.id for card in placed.cards}


def test_other_editions_are_told_but_not_cited(assistant: Assistant) -> None:
    reply = assistant.answer(ask("부산 남구 사는데 청년만원 문화패스 알려줘"), Hearing())
    card = next(card for card in reply.cards if card.similar)
    other = {"PASS-1": "PASS-2", "PASS-2": "PASS-1"}[card.id]
    assert [one.id for one in card.similar] == [other]
    assert card.similar[0].name in reply.text
    assert other not in reply.grounding["cited"]
    assert other not in {one.id for one in reply.cards}


def test_an_address_in_how_to_apply_is_quoted(assistant: Assistant) -> None:
    reply = assistant.answer(ask("청년 새싹적금 어떻게 신청해요?"), Hearing())
    assert "새싹 누리집(https://sprout.example/apply) 신청" in reply.text
    assert reply.grounding["rejected_citations"] == 0


def test_an_earlier_turn_counts(assistant: Assistant) -> None:
    history = (
        Turn("user", "청년 월세 지원 있어?"),
        Turn("assistant", "1. [청년 월세 지원](policy:RENT-1)\n월 20만원이에요."),
    )
    reply = assistant.answer(ask("첫 번째 거 서류 알려줘", history=history), Hearing())
    assert "RENT-1" in {card.id for card in reply.cards}


def test_stop_closes_the_models_stream(
    assistant: Assistant, bedrock: str, eventually: Callable[[Callable[[], Any]], Any]
) -> None:
    httpx.put(f"{bedrock}/_standin/faults", json={"token_ms": 50}).raise_for_status()
    hearing = Hearing(stop_after=3)
    with pytest.raises(AnswerStopped) as stopped:
        assistant.answer(ask("25살인데 청년 적금 추천해줘"), hearing)
    streams = eventually(
        lambda: (counts := httpx.get(f"{bedrock}/_standin/calls").json()["streams"])["aborted"] and counts
    )
    assert streams["completed"] == 0
    assert stopped.value.reply is not None
    assert stopped.value.reply.text == "".join(hearing.pieces)
    assert stopped.value.reply.cards


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        ("ThrottlingException", TooManyRequests),
        ("ServiceUnavailableException", ServiceUnavailable),
        ("ModelTimeoutException", ServiceUnavailable),
        ("AccessDeniedException", ModelUnavailable),
    ],
)
def test_errors_of_the_answering_model(assistant: Assistant, bedrock: str, error: str, raised: type[Exception]) -> None:
    fault = {"operation": "converse-stream", "error": error, "count": 10}
    httpx.put(f"{bedrock}/_standin/faults", json=fault).raise_for_status()
    with pytest.raises(raised):
        assistant.answer(ask("안녕"), Hearing())


def test_a_stream_that_breaks_off_is_an_error_not_a_short_answer(assistant: Assistant, bedrock: str) -> None:
    fault = {"operation": "converse-stream", "error": "modelStreamErrorException", "after_tokens": 2}
    httpx.put(f"{bedrock}/_standin/faults", json=fault).raise_for_status()
    hearing = Hearing()
    with pytest.raises(ServiceUnavailable):
        assistant.answer(ask("25살인데 청년 적금 추천해줘"), hearing)
    assert hearing.pieces


def test_a_throttled_router_falls_back_to_searching_for_the_message(assistant: Assistant, bedrock: str) -> None:
    fault = {"operation": "converse", "error": "ThrottlingException", "count": 20}
    httpx.put(f"{bedrock}/_standin/faults", json=fault).raise_for_status()
    reply = assistant.answer(ask("청년 월세 지원"), Hearing())
    assert reply.route == "policy_search"
    assert "RENT-1" in {card.id for card in reply.cards}


@pytest.mark.parametrize(
    ("models", "setting"),
    [
        (ModelSettings(answer_model_id="anthropic.claude-3-5-sonnet-20241022-v2:0"), "FINQ_ANSWER_MODEL_ID"),
        (ModelSettings(answer_model_id="anthropic.claude-sonnet-4-6"), "FINQ_ANSWER_MODEL_ID"),
        (ModelSettings(router_model_id="global.anthropic.claude-nonsense-9"), "FINQ_ROUTER_MODEL_ID"),
    ],
)
def test_a_model_that_cannot_be_used_is_named_by_its_setting(
    search: PolicySearch, models: ModelSettings, setting: str
) -> None:
    assistant = build_assistant(search, models, WebSearchSettings())
    with pytest.raises(ModelUnavailable, match=setting):
        assistant.answer(ask("안녕"), Hearing())


@pytest.mark.parametrize("family", ["sonnet-4-6", "sonnet-5", "opus-4-7", "sonnet-5-5"])
def test_every_generation_gets_only_what_it_accepts(search: PolicySearch, family: str) -> None:
    model_id = f"global.anthropic.claude-{family}"
    models = ModelSettings(answer_model_id=model_id, router_model_id=model_id)
    reply = build_assistant(search, models, WebSearchSettings()).answer(ask("청년 월세 지원"), Hearing())
    assert reply.usage["model_calls"] == 3
    assert "RENT-1" in {card.id for card in reply.cards}


def test_building_asks_nobody(aws_variables: pytest.MonkeyPatch, search: PolicySearch) -> None:
    aws_variables.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9")
    aws_variables.setenv("AWS_ENDPOINT_URL_BEDROCK", "http://127.0.0.1:9")
    finq_aws.client.cache_clear()
    build_assistant(search, ModelSettings(), WebSearchSettings())
