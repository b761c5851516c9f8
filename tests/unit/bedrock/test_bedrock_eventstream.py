"""Framing of event streams, read back by botocore's own parser."""

import json

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from finq_local.bedrock import eventstream

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def parsed(data: bytes) -> list:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return list(buffer)


@given(st.lists(texts, min_size=1, max_size=5), st.integers(1, 64))
def test_events_survive_whatever_way_they_are_cut(pieces, size):
    data = b"".join(eventstream.event("contentBlockDelta", {"delta": {"text": piece}}) for piece in pieces)
    buffer = EventStreamBuffer()
    events = []
    for at in range(0, len(data), size):
        buffer.add_data(data[at : at + size])
        events += list(buffer)

    dictionaries = [event.to_response_dict() for event in events]
    assert [json.loads(one["body"])["delta"]["text"] for one in dictionaries] == pieces
    assert all(
        one["headers"]
        == {":event-type": "contentBlockDelta", ":content-type": "application/json", ":message-type": "event"}
        for one in dictionaries
    )


def test_exceptions_are_marked_as_such():
    [event] = parsed(eventstream.exception("throttlingException", "천천히"))
    found = event.to_response_dict()
    assert found["headers"][":message-type"] == "exception"
    assert found["headers"][":exception-type"] == "throttlingException"
    assert found["status_code"] == 400


@given(st.integers(0, 10_000))
def test_a_flipped_bit_does_not_pass(at):
    data = bytearray(eventstream.event("messageStart", {"role": "assistant"}))
    at %= len(data)
    data[at] ^= 1
    with pytest.raises(ChecksumMismatch):
        parsed(bytes(data))
