"""Filling JSON schemas by rules."""

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq_local.bedrock.rules.prompt import Prompt
from finq_local.bedrock.rules.schema import fill


def prompt(message: str, *earlier: str, last_answer: str = "") -> Prompt:
    return Prompt(message, None, (), {"today": "2026-11-22"}, earlier, "", last_answer, last_answer)


QUERY = {
    "type": "object",
    "properties": {
        "query": {"type": "string"},
        "wider_query": {"type": "string", "default": ""},
        "age": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        "region": {"type": ["string", "null"]},
        "employment": {"anyOf": [{"type": "string"}, {"type": "null"}], "enum": ["employed", "unemployed", None]},
    },
    "required": ["query"],
}


def test_search_query_holds_what_was_said():
    assert fill(QUERY, prompt("서울 관악구 사는 25살 취준생인데 청년 적금 추천해줘")) == {
        "query": "서울 관악구 사는 취준생 청년 적금",
        "wider_query": "청년 자산형성 저축 지원",
        "age": 25,
        "region": "서울 관악구",
        "employment": "unemployed",
    }


def test_what_was_not_said_stays_null():
    filled = fill(QUERY, prompt("청년 월세 지원 알려줘"))
    assert (filled["age"], filled["region"], filled["employment"]) == (None, None, None)
    assert filled["query"] == "청년 월세 지원"


def test_facts_of_earlier_turns_count_until_told_otherwise():
    filled = fill(QUERY, prompt("그럼 부산은?", "서울 사는 25살인데 적금 추천해줘", last_answer="- 청년내일저축계좌"))
    assert (filled["age"], filled["region"], filled["query"]) == (25, "부산", "부산 적금")


def test_references_definitions_and_arrays():
    schema = {
        "$defs": {"Topic": {"enum": ["주거", "취업", "저축"]}},
        "type": "object",
        "properties": {
            "topics": {"type": "array", "items": {"$ref": "#/$defs/Topic"}, "minItems": 1},
            "limit": {"type": "integer", "minimum": 3},
        },
        "required": ["topics", "limit"],
    }
    assert fill(schema, prompt("취업 지원 알려줘")) == {"topics": ["취업"], "limit": 3}


def test_a_schema_that_contains_itself_comes_to_an_end():
    schema = {
        "$ref": "#/$defs/Node",
        "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["next"]}},
    }
    assert isinstance(fill(schema, prompt("안녕")), dict)


names = st.sampled_from(["route", "query", "age", "region", "employment", "reason", "needs_news", "count", "값"])
leaves = st.one_of(
    st.just({"type": "boolean"}),
    st.builds(lambda low, span: {"type": "integer", "minimum": low, "maximum": low + span}, *[st.integers(0, 99)] * 2),
    st.builds(lambda low, span: {"type": "number", "minimum": low, "maximum": low + span}, *[st.integers(0, 99)] * 2),
    st.builds(
        lambda low, span: {"type": "string", "minLength": low, "maxLength": low + span}, *[st.integers(0, 9)] * 2
    ),
    st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4, unique=True).map(
        lambda options: {"type": "string", "enum": options}
    ),
    st.just({"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    st.just({"type": ["string", "null"]}),
    st.just({"const": "만"}),
)


def nested(inner):
    objects = st.dictionaries(names, inner, max_size=4).flatmap(
        lambda properties: st.lists(st.sampled_from(sorted(properties) or ["값"]), unique=True, max_size=4).map(
            lambda required: {"type": "object", "properties": properties, "required": required}
        )
    )
    arrays = st.builds(
        lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 2)
    )
    return objects | arrays


@given(st.recursive(leaves, nested, max_leaves=8), st.text(max_size=40) | st.just("서울 사는 25살 월세 소식"))
def test_any_schema_is_filled_validly(schema, message):
    jsonschema.validate(fill(schema, prompt(message)), schema)


@pytest.mark.parametrize("message", ["올해 바뀌는 월세 지원 뉴스", "최신 소식 알려줘", "청년월세 예산 소진됐어?"])
def test_news_is_wanted(message):
    schema = {"type": "object", "properties": {"needs_news": {"type": "boolean"}}, "required": ["needs_news"]}
    assert fill(schema, prompt(message)) == {"needs_news": True}
    assert fill(schema, prompt("청년 월세 지원 알려줘")) == {"needs_news": False}
