"""Documents that are no policy are told apart, with a reason."""

import json

import pytest

from finq.policies.etl.records import MAX_BYTES, parse
from finq.policies.normalise import MalformedRecord

RECORD = {"plcyNo": "20260101", "plcyNm": "청년 지원"}


def test_a_record_under_its_own_number_is_a_policy():
    body = json.dumps(RECORD).encode()
    assert parse("2026/20260101.json", len(body), body).name == "청년 지원"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe{", "not"),
        (b"[]", "expected a JSON object"),
        (b'"text"', "expected a JSON object"),
        (b'{"plcyNm": "x"}', "plcyNo"),
        (b'{"plcyNo": "20260101"}', "plcyNm"),
        (b'{"plcyNo": "2", "plcyNm": "x"}', "does not match the object key"),
        (b'{"plcyNo": "20260101", "plcyNm": "x", "note": "\\u0000"}', "NUL"),
        (b'{"plcyNo": "20260101", "plcyNm": "x", "deep": [{"\\u0000": 1}]}', "NUL"),
        (b'{"plcyNo": "20260101", "plcyNm": "x", "note": "\\ud800"}', "not UTF-8"),
        (b" " * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_anything_else_is_refused_with_its_reason(body, reason):
    with pytest.raises(MalformedRecord, match=reason):
        parse("20260101.json", len(body), body)
