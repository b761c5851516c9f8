"""What is stored of a record, and when it counts as changed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies.collect.records import NoRecord, read
from finq.policies.collect.spool import Spool

RECORD = {"plcyNo": "20260101", "plcyNm": "청년 월세", "inqCnt": "70", "sprvsnInstPicNm": "김담당", "operInstPicNm": ""}


def test_names_of_officials_are_not_stored() -> None:
    assert json.loads(read(RECORD).body) == {"plcyNo": "20260101", "plcyNm": "청년 월세", "inqCnt": "70"}
    assert read(RECORD).digest == read(RECORD | {"sprvsnInstPicNm": "이담당"}).digest


def test_the_order_of_fields_does_not_count() -> None:
    assert read(RECORD).digest == read(dict(reversed(RECORD.items()))).digest


@pytest.mark.parametrize(("views", "changed"), [("71", False), ("127", False), ("128", True), ("12", True), ("", True)])
def test_views_count_by_magnitude(views: str, changed: bool) -> None:
    assert (read(RECORD).digest != read(RECORD | {"inqCnt": views}).digest) is changed


@given(st.text())
def test_any_other_change_counts(name: str) -> None:
    same = name == RECORD["plcyNm"]
    assert (read(RECORD).digest == read(RECORD | {"plcyNm": name}).digest) is same


@pytest.mark.parametrize(
    "value", [None, "x", [], {}, {"plcyNo": 7}, {"plcyNo": ""}, {"plcyNo": "../x"}, {"plcyNo": "가"}]
)
def test_without_a_number_there_is_nothing_to_store(value: object) -> None:
    with pytest.raises(NoRecord):
        read(value)


@given(st.dictionaries(st.text(), st.none() | st.text() | st.integers() | st.lists(st.text())))
def test_what_is_stored_is_what_came(fields: dict[str, object]) -> None:
    value = {**fields, "plcyNo": "1"}
    value.pop("sprvsnInstPicNm", None)
    value.pop("operInstPicNm", None)
    assert json.loads(read(value).body) == value


def test_a_lone_surrogate_survives() -> None:
    value = json.loads('{"plcyNo": "1", "plcyNm": "\\ud800"}')
    assert json.loads(read(value).body) == value


def test_the_spool_keeps_the_newest_body_of_what_differs() -> None:
    other = RECORD | {"plcyNo": "2"}
    with Spool({"20260101": read(RECORD).digest}) as spool:
        assert [spool.take(one) for one in (RECORD, other, other | {"plcyNm": "둘"})] == ["20260101", "2", "2"]
        assert [json.loads(one.body)["plcyNm"] for one in spool.records()] == ["둘"]
        spool.take(RECORD | {"plcyNm": "바뀜"})
        assert spool.differing() == ["2", "20260101"]
        spool.take(RECORD)  # and back
        assert spool.differing() == ["2"]
        mark = spool.take({"plcyNm": "번호 없음"})
        assert spool.unusable() == {mark}
        assert spool.take({"plcyNm": "번호 없음"}) == mark
        spool.forget("2")
        assert list(spool.records()) == []
