"""Embedding while documents come in: throttled, poisoned, in any order, and never more under way than allowed."""

import json
import random
import threading
from functools import partial

import httpx
import numpy as np
import pytest

from finq import aws
from finq.errors import ModelUnavailable, ServiceUnavailable
from finq.policies.embedding import TextRefused, TitanEmbedder, embedded_text
from finq.policies.etl import embed
from finq.policies.etl.loader import PolicyLoader
from finq.policies.etl.objects import StoredObject
from finq.policies.etl.pace import Pace
from finq.policies.normalise import normalise
from finq.policies.vectors import question_means
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.question_means import typical_questions
from finq.settings import EmbeddingSettings


def record(number, name="청년 지원"):
    return {"plcyNo": f"P{number:04}", "plcyNm": f"{name} {number}", "plcySprtCn": "월 20만원"}


class MemoryBucket:
    """What the loader asks of a bucket, over records at hand. `read` counts how far it has got."""

    name = "memory"

    def __init__(self, *records):
        self.bodies = {f"{item['plcyNo']}.json": json.dumps(item, ensure_ascii=False).encode() for item in records}
        self.given = 0

    def documents(self, prefix):
        return [StoredObject(key, str(hash(body)), len(body)) for key, body in self.bodies.items()]

    def read(self, objects):
        for item in objects:
            self.given += 1
            yield item, self.bodies[item.key]


@pytest.fixture
def titan(bedrock, aws_environment, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", bedrock)
    aws.client.cache_clear()
    yield TitanEmbedder(EmbeddingSettings(), attempts=1)
    httpx.delete(f"{bedrock}/_standin/faults").raise_for_status()


def fail(bedrock, error, count):
    fault = {"operation": "invoke", "error": error, "count": count}
    httpx.put(f"{bedrock}/_standin/faults", json=fault).raise_for_status()


@pytest.fixture
def short_pauses(monkeypatch):
    monkeypatch.setattr("finq.policies.etl.embedding_pool.Pace", partial(Pace, first_pause=0.001))


@pytest.fixture
def little_patience(monkeypatch):
    monkeypatch.setattr("finq.policies.etl.embedding_pool.Pace", partial(Pace, first_pause=0.001, patience=0.2))


@pytest.mark.parametrize("error", ["ThrottlingException", "ServiceUnavailableException", "ModelTimeoutException"])
def test_throttling_backs_off_and_recovers(database, titan, bedrock, short_pauses, error):
    fail(bedrock, error, 12)
    report = PolicyLoader(database, MemoryBucket(*map(record, range(40))), titan, None, 8).run()
    assert (report.new, report.embedded, report.throttled) == (40, 40, 12)
    assert 1 < report.concurrency <= 8
    assert report.embeddings_per_second > 0


def test_throttling_without_an_end_keeps_what_was_done_and_says_so(database, titan, bedrock, little_patience):
    PolicyLoader(database, MemoryBucket(*map(record, range(3))), titan, None).run()
    fail(bedrock, "ThrottlingException", 100_000)
    with pytest.raises(ServiceUnavailable):
        PolicyLoader(database, MemoryBucket(*map(record, range(8))), titan, None, 4).run()
    assert set(PgVectorStore(database).text_hashes(titan.model_id)) == {"P0000", "P0001", "P0002"}
    httpx.delete(f"{bedrock}/_standin/faults").raise_for_status()
    report = PolicyLoader(database, MemoryBucket(*map(record, range(8))), titan, None).run()
    assert (report.unchanged, report.embedded) == (8, 5)


def test_a_retired_model_is_named_once_policies_are_loaded(database, titan, bedrock):
    fail(bedrock, "ResourceNotFoundException", 100_000)
    with pytest.raises(ModelUnavailable, match="FINQ_EMBEDDING_MODEL_ID"):
        PolicyLoader(database, MemoryBucket(*map(record, range(8))), titan, None).run()
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) AS n FROM youth_policies").fetchone() == {"n": 8}


class Choosy:
    """Refuses texts with "독"."""

    def __init__(self, inner):
        self.inner, self.model_id = inner, inner.model_id

    def embed(self, text):
        if "독" in text:
            raise TextRefused("not this one")
        return self.inner.embed(text)


def test_a_poisoned_document_is_reported_and_the_others_go_on(database, embedder):
    bucket = MemoryBucket(record(1), record(2, "독"), record(3))
    report = PolicyLoader(database, bucket, Choosy(embedder), None).run()
    assert (report.new, report.embedded, report.refused) == (3, 3, 1)
    assert report.reasons == [{"key": "P0002", "reason": "the embedding model refuses its text: not this one"}]
    again = PolicyLoader(database, bucket, Choosy(embedder), None).run()
    assert (again.unchanged, again.embedded, again.refused) == (3, 0, 0)


def test_identical_texts_are_embedded_once(database, embedder):
    same = [{"plcyNo": f"P{number}", "plcyNm": "청년 지원"} for number in range(20)]
    report = PolicyLoader(database, MemoryBucket(*same), embedder, None).run()
    calls = 1 + len(typical_questions())
    assert (report.embedded, report.embedding_calls, len(embedder.texts)) == (20, calls, calls)


def question_mean(database, model_id="hash/1024"):
    with database.transaction() as connection:
        return question_means.mean(connection, model_id)


def mean_of(embedder, texts):
    return pytest.approx(np.mean([embedder.embed(text).vector for text in texts], axis=0).tolist(), abs=1e-6)


def test_what_typical_questions_have_in_common_is_made_once_and_again_when_they_change(database, embedder, monkeypatch):
    bucket = MemoryBucket(record(1))
    PolicyLoader(database, bucket, embedder, None).run()
    assert question_mean(database) == mean_of(embedder, typical_questions())
    embedder.texts.clear()
    PolicyLoader(database, bucket, embedder, None).run()
    assert embedder.texts == []
    others = ("월세 지원 있나요", "적금 알려줘")
    monkeypatch.setattr(question_means, "typical_questions", lambda: others)
    monkeypatch.setattr(question_means, "_questions_hash", lambda: "of others")
    report = PolicyLoader(database, bucket, embedder, None).run()
    assert (report.embedded, report.embedding_calls, sorted(embedder.texts)) == (0, 2, sorted(others))
    assert question_mean(database) == mean_of(embedder, others)


def test_a_typical_question_that_the_model_refuses_is_left_out(database, embedder):
    assert any("독" in question for question in typical_questions())
    PolicyLoader(database, MemoryBucket(record(1)), Choosy(embedder), None).run()
    assert question_mean(database) == mean_of(embedder, [q for q in typical_questions() if "독" not in q])


def test_a_model_that_fails_at_the_typical_questions_is_asked_again(database, embedder):
    class Retired:
        model_id = embedder.model_id

        def embed(self, text):
            if text in typical_questions()[20:]:
                raise ModelUnavailable("retired")
            return embedder.embed(text)

    bucket = MemoryBucket(record(1))
    with pytest.raises(ModelUnavailable):
        PolicyLoader(database, bucket, Retired(), None).run()
    assert question_mean(database) is None
    assert PgVectorStore(database).text_hashes(embedder.model_id).keys() == {"P0001"}
    PolicyLoader(database, bucket, embedder, None).run()
    assert question_mean(database) == mean_of(embedder, typical_questions())


class Shuffling:
    """Finishes calls in another order than they began."""

    model_id = "hash/1024"

    def __init__(self, inner):
        self.inner = inner
        self.dice = random.Random(1)

    def embed(self, text):
        threading.Event().wait(self.dice.random() / 100)
        return self.inner.embed(text)


def test_each_policy_gets_its_own_vector_whatever_the_order(database, embedder, monkeypatch):
    monkeypatch.setattr(embed, "_BATCH", 7)
    records = [record(number) for number in range(100)]
    PolicyLoader(database, MemoryBucket(*records), Shuffling(embedder), None, 16).run()
    stored = PgVectorStore(database).embeddings("hash/1024", [item["plcyNo"] for item in records])
    for item in records:
        expected = embedder.embed(embedded_text(normalise(item))).vector
        assert stored[item["plcyNo"]] == pytest.approx(expected, abs=1e-6)


def test_reading_waits_for_a_model_that_cannot_keep_up(database, embedder, monkeypatch):
    """The bucket must not be read into memory while vectors are being made."""
    monkeypatch.setattr(embed, "_BATCH", 5)
    monkeypatch.setattr(embed, "_MOST_WAITING", 20)
    monkeypatch.setattr("finq.policies.etl.loader._BATCH", 10)
    bucket = MemoryBucket(*map(record, range(200)))
    furthest, done = 0, 0
    counting = threading.Lock()

    class Watching:
        model_id = "hash/1024"

        def embed(self, text):
            nonlocal furthest, done
            with counting:
                furthest = max(furthest, bucket.given - done)
                done += 1
            return embedder.embed(text)

    report = PolicyLoader(database, bucket, Watching(), None, 2).run()
    assert report.embedded == 200
    assert furthest <= 20 + 10 + 10, "waiting for vectors, just read, and being written"
