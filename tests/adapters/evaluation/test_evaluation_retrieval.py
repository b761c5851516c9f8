"""The whole evaluation over the sample: real PostgreSQL, both vector stores and the embedding model."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from finq.policies.embedding import Embedding, query_text
from finq_local import sample
from finq_local.cli.main import app
from finq_local.evaluation import asking
from finq_local.evaluation.answers import judge
from finq_local.evaluation.chat import assistant
from finq_local.evaluation.configurations import NAMES
from finq_local.evaluation.corpus import Corpus, throw_away
from finq_local.evaluation.profiles import people
from finq_local.evaluation.questions import JudgedQuestion, read_questions
from finq_local.evaluation.run import Evaluation, Outcome, eligible_recall, evaluate, full_answers
from finq_local.stack.service import StackError

QUESTIONS_FILE = sample.SAMPLE_FILE.with_name("questions.jsonl")
QUESTIONS = read_questions([QUESTIONS_FILE])
TODAY = date(2026, 11, 22)
FINAL = ("final (pgvector)", "final (milvus)")


@pytest.fixture(scope="module")
def corpus() -> Iterator[Corpus]:
    with throw_away([sample.SAMPLE_FILE], TODAY, ("pgvector", "milvus")) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def evaluation(corpus: Corpus) -> Evaluation:
    asked = asking.ask_all(QUESTIONS, "stated", TODAY, any_status=True)
    return evaluate(corpus, NAMES, asked, people(20, TODAY))


@pytest.fixture(scope="module")
def outcomes(evaluation: Evaluation) -> dict[str, Outcome]:
    return {outcome.configuration.name: outcome for outcome in evaluation.outcomes}


def test_every_configuration_ran(outcomes: dict[str, Outcome], evaluation: Evaluation, corpus: Corpus) -> None:
    assert list(outcomes) == ["dense", "lexical", "fused", "fused + rerank", *FINAL, "post-filter"]
    assert len(corpus.policies) == 196
    assert not evaluation.unknown
    assert not corpus.rejected


@pytest.mark.parametrize("name", FINAL)
def test_the_product_finds_what_answers(outcomes: dict[str, Outcome], name: str) -> None:
    final = outcomes[name]
    assert final.mean("ndcg_at_10") >= 0.9
    assert final.mean("precision_at_1") >= 0.9
    assert final.mean("recall_at_1") < final.mean("recall_at_5") <= final.mean("recall_at_10")


@pytest.mark.parametrize("name", FINAL)
def test_the_filter_loses_nothing(outcomes: dict[str, Outcome], name: str) -> None:
    for answers in (outcomes[name].answers, outcomes[name].people):
        assert eligible_recall(answers) == 1
        assert full_answers(answers) == 1


def test_both_stores_rank_alike(outcomes: dict[str, Outcome]) -> None:
    first, second = (outcomes[name] for name in FINAL)
    for one, other in zip(first.results, second.results, strict=True):
        assert [item.policy_id for item in one.ranking[:5]] == [item.policy_id for item in other.ranking[:5]]


def test_filtering_afterwards_loses_policies(outcomes: dict[str, Outcome]) -> None:
    after = outcomes["post-filter"]
    assert eligible_recall(after.answers) < 0.9
    assert full_answers(after.answers) < 0.9


def test_constraints_help(corpus: Corpus, outcomes: dict[str, Outcome]) -> None:
    nobody = asking.ask_all(QUESTIONS, "none", TODAY, any_status=True)
    [without] = evaluate(corpus, ["dense"], nobody, []).outcomes
    assert without.ineligible > outcomes["dense"].ineligible
    assert without.mean("ndcg_at_10") < outcomes["dense"].mean("ndcg_at_10")


def test_a_miss_tells_why(corpus: Corpus) -> None:
    wrong = JudgedQuestion.model_validate(
        {
            "id": "M1",
            "query": "61살인데 청년 기술자격 응시료 반값",
            "type": "known_item",
            "relevant": ["20260603990000459302", "20991231990000000000"],
        }
    )
    asked = asking.ask_all([wrong], "stated", TODAY, any_status=True)
    evaluation = evaluate(corpus, ["final"], asked, [])
    filtered, absent = evaluation.outcomes[0].misses
    assert (filtered.kind, absent.kind) == ("filtered", "absent")
    assert "만 15~34세" in filtered.reason
    assert "age 61" in filtered.reason
    assert evaluation.unknown == {"M1": ["20991231990000000000"]}


def test_answers_of_the_agents(corpus: Corpus) -> None:
    chosen = [question for question in QUESTIONS if question.type in ("none", "ineligible", "documents")]
    with assistant(corpus) as ask:
        judgements = [judge(question, ask(question), corpus.policies) for question in chosen]
    wrong = {one.question.id: [failure.reason for failure in one.failures] for one in judgements if one.failures}
    assert not wrong
    assert sum(one.refusal_asked for one in judgements) == 6
    assert all(one.cites_relevant for one in judgements if one.retrieves_relevant)


def run_command(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["eval", *arguments])


def test_the_command_says_the_same_every_time(tmp_path: Path) -> None:
    records = list(sample.records(TODAY))[:40]
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
    outputs = []
    for name in ("first", "second"):
        folder = tmp_path / name
        arguments = ["--corpus", str(corpus), "--profiles", "3", "--no-latency", "--out", str(folder)]
        result = run_command(str(QUESTIONS_FILE), *arguments)
        assert result.exit_code == 0, result.output
        outputs.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())} | {"out": result.stdout})
    assert outputs[0] == outputs[1]
    assert {"report.md", "report.json", "report.png"} < outputs[0].keys()
    written = json.loads(outputs[0]["report.json"])
    assert [one["name"] for one in written["configurations"]] == [
        "dense",
        "lexical",
        "fused",
        "fused + rerank",
        "final (pgvector)",
        "post-filter",
    ]
    ruled_out = [one["figures"]["ineligible_at_5"] for one in written["configurations"]]
    assert any(ruled_out)
    told = [sum(question["ineligible_at_5"] for question in one["questions"]) for one in written["configurations"]]
    assert told == ruled_out
    assert "embedding_ms" not in written
    assert "recall@5" in str(outputs[0]["out"])


def test_distractors_are_added(tmp_path: Path) -> None:
    records = sorted(sample.records(TODAY), key=lambda record: record["plcyNo"])[:3]
    file = tmp_path / "few.jsonl"
    file.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
    with throw_away([file], TODAY, distractors=4) as loaded:
        assert len(loaded.policies) == 196 + 4, "the three are of the sample themselves"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.jsonl"], "missing.jsonl cannot be read"),
        ([str(QUESTIONS_FILE), "--corpus", "nowhere"], "There is no nowhere"),
        ([str(QUESTIONS_FILE), "-c", "magic"], "no configuration 'magic'"),
        ([str(QUESTIONS_FILE), "--distractors", "5"], "need a corpus of its own"),
    ],
)
def test_helpful_errors(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = run_command(*arguments)
    assert result.exit_code == 1
    assert message in result.stderr + capfd.readouterr().err


def test_records_that_the_loader_refuses_are_no_corpus(tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text('{"plcyNo": "123"}\n', encoding="utf-8")
    with pytest.raises(StackError, match="No record can be loaded"), throw_away([tmp_path], TODAY):
        pass


def test_no_text_is_embedded_twice(corpus: Corpus) -> None:
    calls: list[str] = []
    inner = corpus.embedder

    class Counting:
        model_id = inner.model_id

        def embed(self, text: str) -> Embedding:
            calls.append(text)
            return inner.embed(text)

    counted = Corpus(
        corpus.policies, corpus.database, corpus.stores, Counting(), corpus.bedrock, corpus.today, corpus.rejected
    )
    asked = asking.ask_all(QUESTIONS[:3], "stated", TODAY, any_status=True)
    evaluation = evaluate(counted, ["final"], asked, [])
    assert len(calls) == len(set(calls)) == len(evaluation.embedding_seconds)
    assert {query_text(question.query) for question in QUESTIONS[:3]} <= set(calls)
