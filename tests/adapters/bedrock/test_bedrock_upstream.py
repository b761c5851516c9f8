"""The stand-in in front of an OpenAI-compatible server."""

import json
import math

import pytest
from botocore.exceptions import ClientError, EventStreamError
from fake_openai import fake_openai

SONNET = "global.anthropic.claude-sonnet-4-6"
TOOL = {
    "toolSpec": {
        "name": "route",
        "description": "Where it goes",
        "inputSchema": {"json": {"type": "object", "properties": {"route": {"type": "string"}}}},
    }
}
FORCED = {"tools": [TOOL], "toolChoice": {"tool": {"name": "route"}}}
ASK = {"modelId": SONNET, "messages": [{"role": "user", "content": [{"text": "안녕?"}]}]}


@pytest.fixture(scope="module")
def upstream_process(start_standin):
    with fake_openai() as fake:
        standin = start_standin(
            FINQ_LLM_URL=fake.url,
            FINQ_LLM_MODEL="tiny",
            FINQ_LLM_API_KEY="secret-key",
            FINQ_LLM_EMBEDDING_MODEL="tiny-embed",
        )
        yield fake, standin


@pytest.fixture
def upstream(upstream_process):
    fake, standin = upstream_process
    fake.script, fake.requests, fake.endless = [], [], False
    fake.abandoned.clear()
    standin.reset()
    return fake, standin


def tool_use(answer):
    [block] = answer["output"]["message"]["content"]
    return block["toolUse"]


def test_text_is_streamed_and_usage_is_the_upstreams(upstream):
    fake, standin = upstream
    fake.says("안녕", "하세요")
    response = standin.client().converse_stream(
        **ASK, system=[{"text": "규칙"}], inferenceConfig={"temperature": 0.7, "maxTokens": 50, "stopSequences": ["끝"]}
    )
    events = list(response["stream"])

    texts = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert texts == ["안녕", "하세요"]
    assert events[-1]["metadata"]["usage"] == {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18}
    assert events[-1]["metadata"]["trace"]["promptRouter"]["invokedModelId"] == "tiny"
    assert response["ResponseMetadata"]["HTTPHeaders"]["x-finq-answered-by"] == "openai:tiny"
    assert fake.requests == [
        {
            "model": "tiny",
            "messages": [{"role": "system", "content": "규칙"}, {"role": "user", "content": "안녕?"}],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": 50,
            "temperature": 0.7,
            "stop": ["끝"],
        }
    ]
    assert fake.keys == {"Bearer secret-key"}
    assert "secret-key" not in standin.log.read_text()


def test_without_usage_tokens_are_estimated(upstream):
    fake, standin = upstream
    fake.says("네", finish="length", usage=False)
    answer = standin.client().converse(**ASK)
    assert answer["stopReason"] == "max_tokens"
    assert answer["usage"]["inputTokens"] > 0 and answer["usage"]["outputTokens"] == 1


def test_a_forced_tool_is_called(upstream):
    fake, standin = upstream
    calls = [
        {"index": 0, "id": "call_1", "function": {"name": "route", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"route":'}},
        {"index": 0, "function": {"arguments": ' "general"}'}},
    ]
    fake.plays(*({"choices": [{"delta": {"tool_calls": [call]}}]} for call in calls), finish="tool_calls")
    answer = standin.client().converse(**ASK, toolConfig=FORCED)

    assert answer["stopReason"] == "tool_use"
    assert tool_use(answer) == {"toolUseId": "call_1", "name": "route", "input": {"route": "general"}}
    [request] = fake.requests
    assert request["tool_choice"] == {"type": "function", "function": {"name": "route"}}
    assert request["tools"][0]["function"]["parameters"] == TOOL["toolSpec"]["inputSchema"]["json"]


@pytest.mark.parametrize("refused", [True, False])
def test_a_server_without_forced_tools_is_asked_for_json(upstream, refused):
    fake, standin = upstream
    if refused:
        fake.refuses(400)
    else:
        fake.says("route로 보내면 좋겠어요.")
    fake.says('```json\n{"route": ', '"general"}\n```')
    answer = standin.client().converse(**ASK, toolConfig=FORCED)

    assert answer["stopReason"] == "tool_use"
    assert tool_use(answer)["input"] == {"route": "general"}
    assert fake.requests[1]["response_format"]["json_schema"]["name"] == "route"
    assert "tools" not in fake.requests[1]


def test_neither_tool_nor_json_is_an_error_of_the_model(upstream):
    fake, standin = upstream
    fake.says("모르겠어요.")
    with pytest.raises(ClientError, match="route") as caught:
        standin.client().converse(**ASK, toolConfig=FORCED)
    assert caught.value.response["Error"]["Code"] == "ModelErrorException"


def test_tool_turns_and_json_schema_are_translated(upstream):
    fake, standin = upstream
    fake.says("{}")
    messages = [
        *ASK["messages"],
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t1", "name": "route", "input": {"route": "a"}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "content": [{"text": "결과"}]}}]},
    ]
    schema = {"jsonSchema": {"schema": '{"type": "object"}', "name": "answer"}}
    standin.client().converse(
        modelId=SONNET,
        messages=messages,
        toolConfig={"tools": [TOOL]},
        outputConfig={"textFormat": {"type": "json_schema", "structure": schema}},
    )
    [request] = fake.requests
    assert [message["role"] for message in request["messages"]] == ["user", "assistant", "tool"]
    assert request["messages"][1]["tool_calls"][0]["function"] == {"name": "route", "arguments": '{"route": "a"}'}
    assert request["messages"][2] == {"role": "tool", "tool_call_id": "t1", "content": "결과"}
    assert request["tool_choice"] == "auto"
    assert request["response_format"]["json_schema"]["schema"] == {"type": "object"}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ValidationException"),
        (401, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (429, "ThrottlingException"),
        (500, "ModelErrorException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_errors_before_the_first_word_are_http_errors(upstream, status, code):
    fake, standin = upstream
    fake.refuses(status)
    with pytest.raises(ClientError) as caught:
        standin.client().converse_stream(**ASK)
    assert caught.value.response["Error"]["Code"] == code


def test_an_answer_broken_off_is_a_stream_error(upstream):
    fake, standin = upstream
    fake.says("안녕", finish=None)
    with pytest.raises(EventStreamError, match="modelStreamErrorException"):
        list(standin.client().converse_stream(**ASK)["stream"])
    assert standin.calls()["streams"]["failed"] == 1


def test_closing_the_stream_closes_the_upstreams(upstream):
    fake, standin = upstream
    fake.says("안녕", finish=None)
    fake.endless = True
    stream = standin.client().converse_stream(**ASK)["stream"]
    next(iter(stream))
    stream.close()
    assert fake.abandoned.wait(15)


def test_embeddings_come_from_upstream_in_titans_size(upstream):
    fake, standin = upstream
    body = json.dumps({"inputText": "청년", "dimensions": 512})
    response = standin.client().invoke_model(modelId="amazon.titan-embed-text-v2:0", body=body)
    answer = json.loads(response["body"].read())
    assert len(answer["embedding"]) == 512
    assert answer["embedding"][:3] == pytest.approx([0.6, 0.8, 0])
    assert math.isclose(math.hypot(*answer["embedding"]), 1, abs_tol=1e-6)
    assert answer["inputTextTokenCount"] == 5
    assert fake.requests == [{"model": "tiny-embed", "input": "청년"}]


def test_an_upstream_that_is_not_there_is_unavailable(start_standin):
    standin = start_standin(FINQ_LLM_URL="http://127.0.0.1:9", FINQ_LLM_MODEL="tiny")
    with pytest.raises(ClientError) as caught:
        standin.client().converse(**ASK)
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailableException"
