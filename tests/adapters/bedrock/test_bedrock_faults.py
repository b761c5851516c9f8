"""Injected errors and delays, and what the stand-in notices when its client leaves."""

import pytest
from botocore.exceptions import ClientError, EventStreamError

SONNET = "global.anthropic.claude-sonnet-4-6"
ASK = {"modelId": SONNET, "messages": [{"role": "user", "content": [{"text": "넌 뭘 할 수 있어?"}]}]}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("ValidationException", 400),
        ("AccessDeniedException", 403),
        ("ResourceNotFoundException", 404),
        ("ModelTimeoutException", 408),
        ("ThrottlingException", 429),
        ("ModelNotReadyException", 429),
        ("InternalServerException", 500),
        ("ServiceUnavailableException", 503),
    ],
)
def test_errors_come_as_the_services_for_so_many_calls(standin, error, status):
    standin.faults(operation="converse", error=error, count=2).raise_for_status()
    client = standin.client()

    for _ in range(2):
        with pytest.raises(ClientError) as caught:
            client.converse(**ASK)
        assert caught.value.response["Error"]["Code"] == error
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert client.converse(**ASK)["stopReason"] == "end_turn"
    assert standin.calls()["errors"] == {error: 2}


def test_a_stream_breaks_after_some_pieces(standin):
    standin.faults(operation="converse-stream", error="modelStreamErrorException", after_tokens=5)
    texts = []

    with pytest.raises(EventStreamError, match="modelStreamErrorException"):
        for event in standin.client().converse_stream(**ASK)["stream"]:
            texts += [event["contentBlockDelta"]] if "contentBlockDelta" in event else []

    assert len(texts) == 5
    assert standin.calls()["streams"] == {"started": 1, "completed": 0, "aborted": 0, "failed": 1}


@pytest.mark.parametrize(
    "body",
    [
        {"operation": "converse", "error": "modelStreamErrorException"},
        {"operation": "nothing", "error": "ThrottlingException"},
        {"operation": "converse", "error": "ThrottlingException", "count": 0},
        {"token_ms": -1},
        {"unknown": 1},
    ],
)
def test_senseless_faults_are_refused(standin, body):
    assert standin.faults(**body).status_code == 400


def test_closing_the_stream_stops_the_generation(standin, eventually):
    standin.faults(token_ms=20)
    stream = standin.client().converse_stream(**ASK)["stream"]
    received = [event for event, _ in zip(stream, range(4), strict=False)]
    assert len(received) == 4

    stream.close()

    calls = eventually(lambda: (calls := standin.calls())["streams"]["aborted"] and calls)
    assert calls["streams"] == {"started": 1, "completed": 0, "aborted": 1, "failed": 0}
    whole = len(list(standin.client().converse_stream(**ASK)["stream"])) - 4
    assert calls["tokens"] < whole / 2
