"""Question files: what is taken, and what is refused with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from finq.policies.eligibility import Applicant
from finq_local import sample
from finq_local.evaluation.questions import Constraints, QuestionFileError, read_questions, unknown_policies

ROOT = Path(__file__).parents[3]
GOOD: dict[str, Any] = {
    "id": "Q1",
    "query": "부산 사는 25살인데 적금 있나요",
    "type": "recommend",
    "constraints": {"age": 25, "sido": "부산"},
    "relevant": ["P1"],
    "also_ok": ["P2"],
    "ineligible": ["P3"],
}


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def test_reads_a_question(tmp_path: Path) -> None:
    [question] = read_questions([write(tmp_path / "q.jsonl", GOOD, "")])
    assert question.scored
    assert question.judged == ("P1", "P2", "P3")
    assert question.constraints.put_over(Applicant()) == Applicant(age=25, region_code="26")


def test_profile(tmp_path: Path) -> None:
    file = write(tmp_path / "q.jsonl", GOOD | {"profile": {"age": 40, "employment": "farmer"}})
    [question] = read_questions([file])
    assert question.profile == Applicant(age=40, employment="farmer")
    assert question.constraints.put_over(question.profile).age == 25, "the message wins"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{oops", "not JSON"),
        ("[]", "line 2"),
        (GOOD | {"id": "Q2", "type": "riddle"}, "type"),
        (GOOD | {"id": "Q2", "query": ""}, "query"),
        (GOOD | {"id": "Q2", "constraints": {"age": 25, "zodiac": "rat"}}, "constraints.zodiac"),
        (GOOD | {"id": "Q2", "constraints": {"age": 250}}, "constraints.age"),
        (GOOD | {"id": "Q2", "constraints": {"sido": "부산", "sigungu": "없는구"}}, "no region '부산 없는구'"),
        (GOOD | {"id": "Q2", "relevant": ["../etc"]}, "relevant.0"),
        (GOOD | {"id": "Q2", "also_ok": ["P1"]}, "judged more than once: P1"),
        (GOOD | {"id": "Q2", "relevant": []}, "needs a relevant policy"),
        (GOOD | {"id": "Q2", "type": "none"}, "has no relevant policies"),
        (GOOD, "id 'Q1' was used at"),
    ],
)
def test_refuses_with_the_line(tmp_path: Path, line: dict[str, Any] | str, message: str) -> None:
    path = write(tmp_path / "q.jsonl", GOOD, line)
    with pytest.raises(QuestionFileError) as caught:
        read_questions([path])
    assert f"{path}, line 2" in str(caught.value)
    assert message in str(caught.value)


def test_ids_are_unique_over_files(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, GOOD) for name in ("a.jsonl", "b.jsonl")]
    with pytest.raises(QuestionFileError, match=r"b\.jsonl, line 1.*a\.jsonl, line 1"):
        read_questions(paths)


def test_unusable_files(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match="cannot be read"):
        read_questions([tmp_path / "missing.jsonl"])
    with pytest.raises(QuestionFileError, match="no questions"):
        read_questions([write(tmp_path / "empty.jsonl", "")])
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(QuestionFileError, match="UTF-8"):
        read_questions([binary])


def test_unknown_policies(tmp_path: Path) -> None:
    questions = read_questions([write(tmp_path / "q.jsonl", GOOD)])
    assert unknown_policies(questions, ["P1", "P2"]) == {"Q1": ["P3"]}
    assert unknown_policies(questions, ["P1", "P2", "P3", "P4"]) == {}


@pytest.mark.parametrize(
    ("constraints", "applicant"),
    [
        ({"employment": "예비창업"}, Applicant(employment="founder")),
        ({"marital": "신혼"}, Applicant(marital_status="married")),
        ({"marital": "예비부부"}, Applicant()),
        ({"student": "대학생"}, Applicant(education="university_student")),
        ({"income": 3000}, Applicant(annual_income=3000)),
        ({"income": "차상위"}, Applicant()),
        ({"sido": "경기", "sigungu": "의왕시"}, Applicant(region_code="41430")),
    ],
)
def test_constraints_as_an_applicant(constraints: dict[str, Any], applicant: Applicant) -> None:
    assert Constraints.model_validate(constraints).put_over(Applicant()) == applicant


@pytest.mark.parametrize(
    "path",
    [sample.SAMPLE_FILE.with_name("questions.jsonl"), *sorted((ROOT / "benchmarks" / "questions").glob("*.jsonl"))],
    ids=lambda path: path.name,
)
def test_the_questions_of_the_repository_are_well_formed(path: Path) -> None:
    assert read_questions([path])
