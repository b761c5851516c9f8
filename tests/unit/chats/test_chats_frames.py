import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.chats.frames import Error, Message, Ping, Resume, Stop, clean_text, parse, request_id_in
from finq.errors import FinqError, TooManyRequests

CHAT = str(uuid4())


def refused(body: str) -> FinqError:
    with pytest.raises(FinqError) as caught:
        parse(body)
    return caught.value


def test_every_client_frame_is_read() -> None:
    message = parse(json.dumps({"type": "message", "request_id": "r.1-_", "chat_id": CHAT, "text": " 월세 \n"}))

    assert isinstance(message, Message)
    assert (message.request_id, str(message.chat_id), message.text) == ("r.1-_", CHAT, "월세")
    assert parse('{"type":"message","request_id":"r","text":"a"}') == Message(
        type="message", request_id="r", chat_id=None, text="a"
    )
    assert parse('{"type":"stop","request_id":"r"}') == Stop(type="stop", request_id="r")
    assert parse('{"type":"resume","request_id":"r","received":0}') == Resume(type="resume", request_id="r", received=0)
    assert parse('{"type":"ping","new_field":1}') == Ping(type="ping")


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '"ping"', "1", '{"type":"ping"', "[" * 100_000, '{"type":"ping","a":"\\ud800"}']
)
def test_what_is_no_json_object_is_refused(body: str) -> None:
    assert refused(body).code == "INVALID_JSON"


@pytest.mark.parametrize("kind", ["'ask'", "MESSAGE", "", "핑"])
def test_an_unknown_type_is_told_from_a_bad_frame(kind: str) -> None:
    error = refused(json.dumps({"type": kind}))

    assert error.code == "UNKNOWN_TYPE"
    assert error.details == {"types": ["message", "stop", "resume", "ping"]}


@pytest.mark.parametrize(
    ("frame", "fields"),
    [
        ({}, {"type"}),
        ({"type": "message"}, {"request_id", "text"}),
        ({"type": "message", "request_id": "r", "text": 5}, {"text"}),
        ({"type": "message", "request_id": "r", "text": None}, {"text"}),
        ({"type": "message", "request_id": "", "text": "a"}, {"request_id"}),
        ({"type": "message", "request_id": "r" * 65, "text": "a"}, {"request_id"}),
        ({"type": "message", "request_id": "r r", "text": "a"}, {"request_id"}),
        ({"type": "message", "request_id": "r\n", "text": "a"}, {"request_id"}),
        ({"type": "message", "request_id": "r", "chat_id": "1; DROP", "text": "a"}, {"chat_id"}),
        ({"type": "message", "request_id": "?", "chat_id": 3, "text": ""}, {"request_id", "chat_id", "text"}),
        ({"type": "stop"}, {"request_id"}),
        ({"type": "resume", "request_id": "r"}, {"received"}),
        ({"type": "resume", "request_id": "r", "received": -1}, {"received"}),
        ({"type": "resume", "request_id": "r", "received": "7"}, {"received"}),
        ({"type": "resume", "request_id": "r", "received": True}, {"received"}),
        ({"type": "resume", "request_id": "r", "received": 10**400}, {"received"}),
    ],
)
def test_a_bad_frame_names_its_fields(frame: dict[str, object], fields: set[str]) -> None:
    error = refused(json.dumps(frame))

    assert error.code == "INVALID_FRAME"
    assert error.details is not None
    assert set(error.details["fields"]) == fields
    assert not error.retryable


@pytest.mark.parametrize("text", ["", " \n\t", "\0", "\u200b\u3000", "\u2060\ufeff"])
def test_a_message_without_anything_visible_is_empty(text: str) -> None:
    assert refused(json.dumps({"type": "message", "request_id": "r", "text": text})).code == "EMPTY_MESSAGE"


def test_length_counts_characters_after_stripping() -> None:
    longest = "가" * 4000
    assert clean_text(f"  {longest}\n") == longest

    error = refused(json.dumps({"type": "message", "request_id": "r", "text": longest + "나"}))

    assert (error.code, error.details) == ("MESSAGE_TOO_LONG", {"limit_chars": 4000})


@given(st.text())
def test_no_body_breaks_the_parser(body: str) -> None:
    try:
        parse(body)
    except FinqError as error:
        assert error.code in {"INVALID_JSON", "INVALID_FRAME", "UNKNOWN_TYPE", "EMPTY_MESSAGE", "MESSAGE_TOO_LONG"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["type", "request_id", "text"]), inner),
    )
)
def test_no_json_breaks_the_parser(value: object) -> None:
    body = json.dumps(value)
    request_id_in(body)
    try:
        parse(body)
    except FinqError as error:
        Error.of(error, request_id_in(body)).encoded()


@pytest.mark.parametrize(
    ("body", "request_id"),
    [
        ('{"type":"nonsense","request_id":"r-1"}', "r-1"),
        ('{"request_id":"<script>"}', None),
        ('{"request_id":7}', None),
        ("[1]", None),
        ("{", None),
    ],
)
def test_an_error_names_the_request_where_it_can(body: str, request_id: str | None) -> None:
    assert request_id_in(body) == request_id


def test_an_error_frame_carries_all_of_the_error() -> None:
    frame = json.loads(Error.of(TooManyRequests(details={"limit": 20}), "r").encoded())

    assert frame == {
        "type": "error",
        "request_id": "r",
        "code": "TOO_MANY_REQUESTS",
        "message": TooManyRequests.message,
        "retryable": True,
        "details": {"limit": 20},
    }
