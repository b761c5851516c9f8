"""The stand-in behind ChatBedrockConverse, as the product uses it."""

from typing import Literal

import pytest
from langchain_aws import ChatBedrockConverse
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict

SONNET = "global.anthropic.claude-sonnet-4-6"


class Decision(BaseModel):
    model_config = ConfigDict(title="route")

    route: Literal["policy_search", "general", "small_talk"]
    needs_news: bool = False


@pytest.fixture
def chat(standin):
    def make(model=SONNET, **options):
        client = standin.client()
        return ChatBedrockConverse(
            model=model, client=client, bedrock_client=client, disable_streaming=False, **options
        )

    return make


def ask(text):
    return [SystemMessage("규칙"), HumanMessage(f"<message>\n{text}\n</message>")]


def invoked_model(message):
    return message.response_metadata["trace"]["promptRouter"]["invokedModelId"]


def test_invoke_tells_usage_and_who_answered(chat):
    answer = chat(temperature=0.7).invoke(ask("안녕"))
    assert "안녕하세요" in answer.text
    assert answer.usage_metadata["output_tokens"] > 0
    assert invoked_model(answer) == "finq-local/rules"


def test_stream_tells_usage_and_who_answered(chat):
    chunks = list(chat(temperature=0.7).stream(ask("안녕")))
    texts = [chunk.text for chunk in chunks if chunk.text]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert len(texts) > 5
    assert "".join(texts) == chat().invoke(ask("안녕")).text
    assert whole.usage_metadata["output_tokens"] > 0
    assert invoked_model(whole) == "finq-local/rules"
    assert whole.response_metadata["ResponseMetadata"]["HTTPHeaders"]["x-finq-answered-by"] == "rules"


@pytest.mark.parametrize(
    ("model", "method"),
    [(SONNET, "function_calling"), (SONNET, "json_schema"), ("global.anthropic.claude-sonnet-5-5", "json_schema")],
)
def test_structured_output(chat, model, method):
    router = chat(model).with_structured_output(Decision, method=method, include_raw=True)
    answer = router.invoke(ask("올해 달라진 청년 월세 지원 소식 있어?"))
    assert answer["parsed"] == Decision(route="policy_search", needs_news=True)
    assert answer["raw"].usage_metadata["input_tokens"] > 0


def test_earlier_turns_count(chat):
    router = chat().with_structured_output(Decision)
    history = [HumanMessage("적금 추천해줘"), AIMessage("- 청년내일저축계좌\n  - 지원내용: 매월 10만원")]
    assert router.invoke([*history, HumanMessage("<message>\n그건 언제까지야?\n</message>")]).route == "policy_search"


def test_closing_the_generator_stops_the_generation(chat, standin, eventually):
    standin.faults(token_ms=20)
    chunks = chat().stream(ask("넌 뭘 할 수 있어?"))
    while not next(chunks).text:
        pass

    chunks.close()

    calls = eventually(lambda: (calls := standin.calls())["streams"]["aborted"] and calls)
    assert calls["streams"]["completed"] == 0
