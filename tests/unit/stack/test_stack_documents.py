"""Records on their way into the bucket."""

import json
from pathlib import Path

import pytest

from finq_local.stack import documents
from finq_local.stack.service import StackError


def test_json_and_jsonl_become_one_document_a_policy(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.json").write_text('{"plcyNo": "1", "plcyNm": "하나"}', encoding="utf-8")
    (tmp_path / "many.jsonl").write_text('{"plcyNo": "2"}\n\n{"plcyNo": "3"}\n', encoding="utf-8")
    (tmp_path / "README.md").write_text("not a record")
    found = {document.key: document.body for document in documents.read(tmp_path)}
    assert sorted(found) == ["policies/1.json", "policies/2.json", "policies/3.json"]
    assert json.loads(found["policies/1.json"])["plcyNm"] == "하나"


def test_later_record_of_a_policy_wins(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"plcyNo": "1", "v": 1}\n{"plcyNo": "1", "v": 2}\n')
    [document] = documents.read(tmp_path)
    assert json.loads(document.body)["v"] == 2


@pytest.mark.parametrize("body", ["{", "[]", "null", '{"plcyNo": 7}', '{"plcyNo": "../x"}', '{"plcyNo": ""}'])
def test_malformed_record_is_passed_on_under_its_own_name(tmp_path: Path, body: str) -> None:
    (tmp_path / "odd.json").write_text(body)
    assert documents.read(tmp_path) == [documents.Document("policies/odd.json", body.encode())]


def test_one_file_may_be_named(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text('{"plcyNo": "2"}\nnot json\n')
    assert [document.key for document in documents.read(file)] == ["policies/2.json", "policies/many-2.json"]


def test_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="There are no"):
        documents.read(tmp_path)
