"""Converse and ConverseStream through boto3."""

import json
import re

import httpx
import pytest
from botocore.exceptions import ClientError

SONNET = "global.anthropic.claude-sonnet-4-6"
SONNET_5_5 = "global.anthropic.claude-sonnet-5-5"
ROUTE = {
    "toolSpec": {
        "name": "route",
        "inputSchema": {
            "json": {
                "type": "object",
                "properties": {
                    "route": {"enum": ["policy_search", "general", "small_talk"], "type": "string"},
                    "needs_news": {"type": "boolean", "default": False},
                },
                "required": ["route"],
            }
        },
    }
}
FORCED = {"tools": [ROUTE], "toolChoice": {"tool": {"name": "route"}}}


def user(text):
    return [{"role": "user", "content": [{"text": f"<message>\n{text}\n</message>"}]}]


def streamed_text(events):
    return "".join(event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event)


def test_converse_answers_with_usage_and_says_who_answered(standin):
    answer = standin.client().converse(modelId=SONNET, messages=user("고마워!"), inferenceConfig={"temperature": 0.7})

    assert answer["output"]["message"]["role"] == "assistant"
    assert "물어봐" in answer["output"]["message"]["content"][0]["text"]
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["totalTokens"] == answer["usage"]["inputTokens"] + answer["usage"]["outputTokens"] > 0
    assert answer["trace"] == {"promptRouter": {"invokedModelId": "finq-local/rules"}}
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-finq-answered-by"] == "rules"


def test_stream_has_the_services_events_and_the_same_text(standin):
    client = standin.client()
    whole = client.converse(modelId=SONNET, messages=user("넌 뭘 할 수 있어?"))
    events = list(client.converse_stream(modelId=SONNET, messages=user("넌 뭘 할 수 있어?"))["stream"])

    names = [next(iter(event)) for event in events]
    assert names[0] == "messageStart"
    assert names[-3:] == ["contentBlockStop", "messageStop", "metadata"]
    assert set(names[1:-3]) == {"contentBlockDelta"} and len(names) > 10
    assert streamed_text(events) == whole["output"]["message"]["content"][0]["text"]
    assert events[-1]["metadata"]["usage"] == whole["usage"]
    assert events[-1]["metadata"]["trace"]["promptRouter"]["invokedModelId"] == "finq-local/rules"


def test_forced_tool_streams_its_json_in_pieces(standin):
    response = standin.client().converse_stream(modelId=SONNET, messages=user("월세 지원 알려줘"), toolConfig=FORCED)
    events = list(response["stream"])

    start = next(event["contentBlockStart"] for event in events if "contentBlockStart" in event)
    assert start["start"]["toolUse"]["name"] == "route"
    pieces = [e["contentBlockDelta"]["delta"]["toolUse"]["input"] for e in events if "contentBlockDelta" in e]
    assert len(pieces) > 1
    assert json.loads("".join(pieces)) == {"route": "policy_search", "needs_news": False}
    assert next(e for e in events if "messageStop" in e)["messageStop"]["stopReason"] == "tool_use"


def test_json_schema_is_filled_as_text(standin):
    schema = {"jsonSchema": {"schema": json.dumps(ROUTE["toolSpec"]["inputSchema"]["json"]), "name": "route"}}
    answer = standin.client().converse(
        modelId=SONNET_5_5,
        messages=user("안녕하세요"),
        outputConfig={"textFormat": {"type": "json_schema", "structure": schema}},
    )
    assert json.loads(answer["output"]["message"]["content"][0]["text"])["route"] == "small_talk"


def test_max_tokens_and_stop_sequences_end_the_answer(standin):
    client = standin.client()
    cut = client.converse(modelId=SONNET, messages=user("넌 뭘 할 수 있어?"), inferenceConfig={"maxTokens": 5})
    stopped = client.converse(
        modelId=SONNET, messages=user("넌 뭘 할 수 있어?"), inferenceConfig={"stopSequences": ["FinQ"]}
    )

    assert (cut["stopReason"], cut["usage"]["outputTokens"] <= 5) == ("max_tokens", True)
    assert stopped["stopReason"] == "stop_sequence"
    assert stopped["output"]["message"]["content"][0]["text"].endswith("찾아 드리는 ")


@pytest.mark.parametrize(
    "model_id",
    [
        "apac.anthropic.claude-sonnet-4-6",
        "arn:aws:bedrock:ap-northeast-2:123456789012:inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0",
        "amazon.nova-lite-v1:0",
    ],
)
def test_profiles_and_arns_are_understood(standin, model_id):
    assert standin.client().converse(modelId=model_id, messages=user("안녕"))["stopReason"] == "end_turn"


@pytest.mark.parametrize(
    ("model_id", "code", "words"),
    [
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "ResourceNotFoundException", "end of its life"),
        ("apac.anthropic.claude-3-5-sonnet-20241022-v2:0", "ResourceNotFoundException", "end of its life"),
        ("anthropic.claude-sonnet-4-6", "ValidationException", "on-demand throughput"),
        ("anthropic.claude-nobody", "ValidationException", "model identifier is invalid"),
        ("amazon.titan-embed-text-v2:0", "ValidationException", "doesn't support the model"),
    ],
)
def test_models_that_cannot_answer(standin, model_id, code, words):
    with pytest.raises(ClientError, match=words) as caught:
        standin.client().converse_stream(modelId=model_id, messages=user("안녕"))
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"messages": [{"role": "assistant", "content": [{"text": "네"}]}]}, "must start with a user message"),
        ({"messages": [*user("가"), *user("나")]}, "must alternate"),
        ({"messages": [*user("가"), {"role": "assistant", "content": [{"text": "나"}]}]}, "assistant message prefill"),
        ({"messages": [{"role": "user", "content": [{"text": " "}]}]}, "messages.0.content.0 is blank"),
        ({"messages": user("가"), "inferenceConfig": {"temperature": 1.5}}, "inferenceConfig.temperature"),
        ({"messages": user("가"), "inferenceConfig": {"temperature": 0.5, "topP": 0.5}}, "cannot both be specified"),
        (
            {"messages": user("가"), "toolConfig": {"tools": [ROUTE], "toolChoice": {"tool": {"name": "other"}}}},
            "Tool 'other' not found",
        ),
        (
            {"messages": user("가"), "modelId": "global.anthropic.claude-sonnet-5", "inferenceConfig": {"topP": 0.5}},
            "`top_p` is deprecated for this model",
        ),
        ({"messages": user("가"), "modelId": SONNET_5_5, "toolConfig": FORCED}, "tool_choice: `tool` is not supported"),
    ],
)
def test_invalid_requests_are_refused_as_bedrock_does(standin, request_, words):
    with pytest.raises(ClientError, match=re.escape(words)) as caught:
        standin.client().converse(**{"modelId": SONNET, **request_})
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_credentials_are_demanded(standin):
    answer = httpx.post(f"{standin.url}/model/{SONNET}/converse", json={"messages": user("안녕")})
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (403, "MissingAuthenticationTokenException")


def test_logs_carry_no_message_text(standin):
    standin.client().converse(modelId=SONNET, messages=user("비밀스러운질문 적금"))
    log = standin.log.read_text()
    assert '"message": "converse"' in log
    assert "비밀스러운질문" not in log


def test_requests_are_recorded_for_tests_when_asked(standin):
    standin.client().converse(modelId=SONNET, messages=user("안녕"), system=[{"text": "규칙"}])
    [recorded] = standin.calls()["requests"]
    assert recorded["operation"] == "converse"
    assert recorded["modelId"] == SONNET
    assert recorded["body"]["system"] == [{"text": "규칙"}]
