"""Small parts: trace header, token bucket, log pipe, proxy responses, settings."""

import asyncio
import json
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.settings import SettingsError
from finq_local.gateway import throttle
from finq_local.gateway.http import canonical_name
from finq_local.gateway.invocation import trace_header
from finq_local.gateway.invoke_api import REFERENCE
from finq_local.gateway.logs import TAIL_BYTES, OutputPipe, append_tail
from finq_local.gateway.process import exit_reason, peak_memory_mb
from finq_local.gateway.proxy import MalformedResponse, proxy_response
from finq_local.gateway.settings import GatewaySettings

TRACE = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01]")


def test_trace_header_starts_or_goes_on_with_a_trace():
    assert TRACE.fullmatch(trace_header())
    mine = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    assert trace_header(mine) == mine
    root_only = trace_header("Root=1-5759e988-bd862e3fe1be46a994272793")
    assert root_only.startswith("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=")
    assert TRACE.fullmatch(root_only)
    assert TRACE.fullmatch(trace_header("nonsense"))


def test_token_bucket(monkeypatch):
    now = 100.0
    monkeypatch.setattr(throttle.time, "monotonic", lambda: now)
    bucket = throttle.TokenBucket(rate=2, burst=3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now += 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now += 100
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))))
def test_output_is_cut_into_the_lines_that_were_written(lines):
    async def run():
        got = []
        pipe = OutputPipe(got.append)
        os.write(pipe.writer, "".join(f"{line}\n" for line in lines).encode() + b"unfinished")
        pipe.drain()
        assert got == lines
        pipe.close()
        assert got == [*lines, "unfinished"]

    asyncio.run(run())


def test_tail_keeps_the_last_4_kb():
    tail = bytearray()
    for number in range(1000):
        append_tail(tail, f"line {number}")
    assert len(tail) == TAIL_BYTES
    assert tail.endswith(b"line 999\n")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
RESULTS = st.fixed_dictionaries(
    {"statusCode": st.integers(90, 610) | ANY_JSON},
    optional={"body": st.text() | ANY_JSON, "headers": ANY_JSON, "multiValueHeaders": ANY_JSON},
)


@given(ANY_JSON | RESULTS)
def test_any_json_is_a_response_or_is_malformed(value):
    try:
        response = proxy_response(json.dumps(value).encode(), decode=False)
    except MalformedResponse:
        return
    assert response.status_code == int(value["statusCode"])
    assert 100 <= response.status_code <= 599
    assert response.body == (value.get("body") or "").encode()


def test_base64_is_decoded_only_for_clients_that_accept_it():
    result = json.dumps({"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}).encode()
    assert proxy_response(result, decode=True).body == b"\x00\xff"
    assert proxy_response(result, decode=False).body == b"AP8="
    with pytest.raises(MalformedResponse):
        proxy_response(b'{"statusCode":200,"body":"!","isBase64Encoded":true}', decode=True)


def test_exit_reasons():
    assert [exit_reason(code) for code in (0, 1, -9, -11)] == [
        None,
        "exit status 1",
        "signal: killed",
        "signal: segmentation fault",
    ]


def test_peak_memory():
    assert 10 < peak_memory_mb(os.getpid()) < 4096
    assert peak_memory_mb(2**22 + 1) is None


def test_header_names_as_api_gateway_shows_them():
    names = ("authorization", "x-amzn-trace-id", "sec-websocket-protocol")
    assert [canonical_name(name) for name in names] == ["Authorization", "X-Amzn-Trace-Id", "Sec-WebSocket-Protocol"]


@pytest.mark.parametrize(
    ("reference", "name", "qualifier"),
    [
        ("f", "f", None),
        ("f:live", "f", "live"),
        ("000000000000:function:f", "f", None),
        ("arn:aws:lambda:ap-northeast-2:000000000000:function:f", "f", None),
        ("arn:aws:lambda:ap-northeast-2:000000000000:function:f:$LATEST", "f", "$LATEST"),
    ],
)
def test_function_references(reference, name, qualifier):
    match = REFERENCE.match(reference)
    assert (match["name"], match["qualifier"]) == (name, qualifier)


def test_settings_from_the_environment():
    settings = GatewaySettings.from_environment(
        {"FINQ_PORT": "9000", "FINQ_WARM": "a, b", "FINQ_RETRY_DELAYS": "60,120", "FINQ_WEB_ORIGIN": ""}
    )
    assert (settings.port, settings.warm, settings.retry_delays) == (9000, ("a", "b"), (60, 120))
    assert (settings.web_origin, settings.host) == ("*", "127.0.0.1")
    assert "secret" not in repr(settings)


def test_wrong_settings_are_named():
    with pytest.raises(SettingsError) as caught:
        GatewaySettings.from_environment({"FINQ_PORT": "x", "FINQ_RETRY_DELAYS": "1"})
    assert "FINQ_PORT" in str(caught.value)
    assert "FINQ_RETRY_DELAYS" in str(caught.value)
