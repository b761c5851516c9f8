"""`finq collect`: from the Open API's stand-in into the bucket, the stores and the search."""

import json
from pathlib import Path

import psycopg
import pytest

from finq_local import sample
from finq_local.stack import sample_policies
from finq_local.stack.layout import COMPONENTS
from finq_local.stack.service import port_is_taken


@pytest.fixture
def records(tmp_path: Path):
    """Writes a file of the sample's records, changed by a function."""

    def write(change) -> str:
        today = sample_policies.datetime.now(sample_policies.SEOUL).date()
        listed = list(sample.records(today))
        change(listed)
        file = tmp_path / "records.jsonl"
        file.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in listed), encoding="utf-8")
        return str(file)

    return write


def policies(stack) -> dict[str, tuple[str, bool]]:
    with psycopg.connect(stack.database) as connection:
        rows = connection.execute("SELECT id, name, withdrawn_at IS NOT NULL FROM youth_policies").fetchall()
    return {number: (name, withdrawn) for number, name, withdrawn in rows}


@pytest.mark.only_on("embedded", reason="the containers' Open API stand-in serves one file")
def test_collected_policies_are_loaded_and_vanished_ones_withdrawn(stack, records) -> None:
    before = {number for number, (_, withdrawn) in policies(stack).items() if not withdrawn}
    first = stack.finq("collect")
    assert first.returncode == 0, first.stderr
    assert "withdrawn" in first.stdout
    assert {number for number, (_, withdrawn) in policies(stack).items() if not withdrawn} == before

    def change(listed: list[dict[str, str]]) -> None:
        listed[0]["plcyNm"] = "이름이 바뀐 정책"
        gone.append(listed.pop()["plcyNo"])
        changed.append(listed[0]["plcyNo"])

    gone: list[str] = []
    changed: list[str] = []
    try:
        second = stack.finq("collect", "--from", records(change))
        assert second.returncode == 0, second.stderr
        assert policies(stack)[changed[0]] == ("이름이 바뀐 정책", False)
        assert policies(stack)[gone[0]][1]
    finally:
        assert stack.finq("collect").returncode == 0
    assert not policies(stack)[gone[0]][1], "back again"
    assert not port_is_taken(stack.layout.port(COMPONENTS[-1])), "the stand-in runs only while it is needed"


@pytest.mark.only_on("embedded", reason="the containers' Open API stand-in serves one file")
def test_a_list_that_lost_too_much_is_said_and_changes_nothing(stack, records) -> None:
    assert stack.finq("collect").returncode == 0
    before = policies(stack)
    result = stack.finq("collect", "--from", records(lambda listed: listed.__delitem__(slice(5, None))))
    assert result.returncode == 1
    assert "of the stored records are gone, more than 20%" in result.stderr
    assert policies(stack) == before
