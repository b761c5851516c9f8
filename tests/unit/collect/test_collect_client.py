"""What the Open API answers, and what is made of it."""

import json
from typing import Any

import pytest

from finq.errors import SourceUnavailable
from finq.policies.collect.client import OpenApi, Page, _read

KEY = "8f14e45f-ceea-467f-a0e6-6d5c1d1e5a33"


def envelope(**changes: Any) -> dict[str, Any]:
    paging = {"totCount": 3, "pageNum": 1, "pageSize": 2}
    result = {"pagging": paging, "youthPolicyList": [{"plcyNo": "1"}, {"plcyNo": "2"}]}
    return {"resultCode": 200, "resultMessage": "성공", "result": result} | changes


class Scripted(OpenApi):
    """Bodies instead of a network; notes how long it would have waited."""

    def __init__(self, *bodies: Any) -> None:
        self.pauses: list[float] = []
        super().__init__("http://api.example/getPlcy", KEY, interval=0, sleep=self.pauses.append)
        self._bodies = iter(bodies)

    def _get(self, number: int) -> bytes:
        body = next(self._bodies)
        return body if isinstance(body, bytes) else json.dumps(body).encode()


def test_a_page() -> None:
    assert Scripted(envelope()).page(1) == Page(3, 2, ({"plcyNo": "1"}, {"plcyNo": "2"}))


def test_numbers_may_come_as_text() -> None:
    paging = {"totCount": "3", "pageNum": "1", "pageSize": "2"}
    answer = envelope(resultCode="200", result={"pagging": paging, "youthPolicyList": []})
    assert _read(json.dumps(answer).encode(), 100) == Page(3, 2, ())


def test_without_a_page_size_the_one_asked_for_counts() -> None:
    answer = envelope(result={"pagging": {"totCount": 1}, "youthPolicyList": ["?"]})
    assert _read(json.dumps(answer).encode(), 100) == Page(1, 100, ("?",))


ODD = [
    b"",
    b"<html>",
    json.dumps(envelope()).encode()[:60],
    b"[" * 100_000,
    [1, 2],
    envelope(resultCode=500, resultMessage="오류", result=None),
    envelope(resultCode=None),
    envelope(result=None),
    envelope(result={"youthPolicyList": []}),
    envelope(result={"pagging": {"totCount": -1}, "youthPolicyList": []}),
    envelope(result={"pagging": {"totCount": 10**12}, "youthPolicyList": []}),
    envelope(result={"pagging": {"totCount": 1}, "youthPolicyList": {}}),
]


@pytest.mark.parametrize("body", ODD)
def test_an_odd_answer_is_asked_for_again(body: Any) -> None:
    api = Scripted(body, body, envelope())
    assert api.page(1).total == 3
    assert len(api.pauses) == 2


@pytest.mark.parametrize("body", ODD)
def test_five_odd_answers_end_it_and_each_pause_is_longer(body: Any) -> None:
    api = Scripted(*[body] * 5)
    with pytest.raises(SourceUnavailable, match=r"page 7 of .* failed 5 times") as caught:
        api.page(7)
    assert caught.value.retryable
    assert api.pauses == sorted(api.pauses)
    assert 0.25 <= api.pauses[0] <= 0.5
    assert 2 <= api.pauses[-1] <= 4


@pytest.mark.parametrize(
    ("code", "message"), [(401, ""), (300, f"인증키 {KEY} 가 유효하지 않습니다."), ("-1", "Invalid API KEY")]
)
def test_a_refused_key_is_said_at_once_and_not_shown(code: Any, message: str) -> None:
    api = Scripted(envelope(resultCode=code, resultMessage=message, result=None))
    with pytest.raises(SourceUnavailable, match="refuses the API key") as caught:
        api.page(1)
    assert not caught.value.retryable
    assert KEY not in str(caught.value)
    assert api.pauses == []


def test_a_reason_is_short_and_one_line() -> None:
    api = Scripted(*[envelope(resultCode=9, resultMessage=f"가\n{'나' * 900}", result=None)] * 5)
    with pytest.raises(SourceUnavailable) as caught:
        api.page(1)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_requests_keep_their_distance() -> None:
    pauses: list[float] = []
    api = Scripted(envelope(), envelope())
    api._interval, api._sleep = 5.0, pauses.append
    api.page(1)
    api.page(2)
    assert len(pauses) == 1
    assert 4 < pauses[0] <= 5
