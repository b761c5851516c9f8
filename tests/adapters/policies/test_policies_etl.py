"""The loader against a real bucket, PostgreSQL and Milvus: what changed and nothing else, whatever goes wrong."""

import json
import threading
from uuid import uuid4

import pytest

from finq.errors import Conflict, ModelUnavailable, ServiceUnavailable
from finq.policies import repository
from finq.policies.etl import objects, runs
from finq.policies.etl.loader import PolicyLoader
from finq.policies.etl.objects import PolicyBucket
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.question_means import typical_questions
from finq.settings import VectorSettings


def record(number: int, **fields) -> dict:
    return {
        "plcyNo": f"2026{number:04}",
        "plcyNm": f"청년 지원 {number}",
        "plcySprtCn": "월 20만원",
        "sbmsnDcmntCn": "신청서, 신분증",
        "aplyPrdSeCd": "0057002",
        "inqCnt": "1",
    } | fields


class Bucket:
    """A bucket of the emulator that a test fills."""

    def __init__(self, client):
        self.name = f"policies-{uuid4().hex}"
        self.client = client
        client.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})

    def put(self, *records, folder=""):
        for item in records:
            self.put_bytes(f"{folder}{item['plcyNo']}.json", json.dumps(item, ensure_ascii=False).encode())

    def put_bytes(self, key, body):
        self.client.put_object(Bucket=self.name, Key=key, Body=body)

    def remove(self, key):
        self.client.delete_object(Bucket=self.name, Key=key)


@pytest.fixture
def bucket(aws_environment):
    return Bucket(aws_environment.client("s3"))


@pytest.fixture
def milvus(vector_settings):
    return MilvusStore(vector_settings)


@pytest.fixture
def loader(database, bucket, embedder, milvus):
    return PolicyLoader(database, PolicyBucket(bucket.name), embedder, milvus)


def versions(milvus, model_id="hash/1024"):
    return dict(milvus.collection(milvus.generation(model_id).collection).versions())


def counts(report):
    names = ("listed", "read", "new", "changed", "unchanged", "withdrawn", "quarantined", "embedded", "indexed")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def stored(database):
    with database.transaction() as connection:
        return set(repository.stored_hashes(connection))


def test_a_second_run_touches_nothing(loader, bucket, database, milvus, embedder):
    bucket.put(*(record(number) for number in range(8)))
    first = loader.run()
    assert counts(first) == {"listed": 8, "read": 8, "new": 8, "embedded": 8, "indexed": 8}
    assert first.milvus == "complete"
    assert first.tokens == sum(map(len, embedder.texts))
    assert stored(database) == set(versions(milvus)) == set(PgVectorStore(database).text_hashes("hash/1024"))
    second = loader.run()
    assert counts(second) == {"listed": 8, "unchanged": 8}
    assert len(embedder.texts) == 8 + len(typical_questions())


def test_postgresql_has_counted_what_a_run_wrote(loader, bucket, database):
    bucket.put(*(record(n) for n in range(12)))
    loader.run()
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT relname, reltuples::int FROM pg_class"
            " WHERE relname IN ('policy_vectors', 'policy_limits', 'youth_policies')"
        ).fetchall()
    assert {row["relname"]: row["reltuples"] for row in rows} == dict.fromkeys(
        ("policy_vectors", "policy_limits", "youth_policies"), 12
    )


def test_only_what_changed_is_read_written_embedded_and_indexed(loader, bucket, database):
    bucket.put(*(record(number) for number in range(5)))
    loader.run()
    bucket.put(record(0))  # same bytes
    bucket.put(record(1, inqCnt="2"))  # neither text nor limits
    bucket.put(record(2, sprtTrgtMinAge="19"))  # limits
    bucket.put(record(3, plcySprtCn="월 30만원"))  # text
    bucket.put(record(5))
    report = loader.run()
    expected = {"listed": 6, "read": 4, "new": 1, "changed": 3, "unchanged": 2, "embedded": 2, "indexed": 3}
    assert counts(report) == expected
    with database.transaction() as connection:
        policies = repository.get_many(connection, ["20260001", "20260002", "20260003"])
    assert policies["20260001"].views == 2
    assert policies["20260002"].min_age == 19
    assert policies["20260003"].support == "월 30만원"


def test_what_vanishes_is_withdrawn_and_may_come_back(loader, bucket, database, milvus, embedder):
    bucket.put(record(1), record(2))
    loader.run()
    bucket.remove("20260002.json")
    assert counts(loader.run(withdraw_missing=False)) == {"listed": 1, "unchanged": 1}
    assert counts(loader.run()) == {"listed": 1, "unchanged": 1, "withdrawn": 1}
    assert stored(database) == set(versions(milvus)) == {"20260001"}
    assert set(PgVectorStore(database).text_hashes("hash/1024")) == {"20260001"}
    bucket.put(record(2))
    assert counts(loader.run()) == {"listed": 2, "read": 1, "new": 1, "unchanged": 1, "embedded": 1, "indexed": 1}
    assert stored(database) == set(versions(milvus)) == {"20260001", "20260002"}


def test_an_emptied_bucket_withdraws_nothing(loader, bucket, database):
    bucket.put(record(1))
    loader.run()
    bucket.remove("20260001.json")
    assert loader.run().withdrawn == 0
    assert stored(database) == {"20260001"}


def test_a_prefix_limits_what_is_read_and_withdrawn(loader, bucket, database):
    bucket.put(record(1), folder="a/")
    bucket.put(record(2), folder="b/")
    loader.run()
    bucket.put(record(3), folder="a/")
    bucket.remove("a/20260001.json")
    bucket.remove("b/20260002.json")
    assert counts(loader.run(prefix="a/")) == {
        "listed": 1, "read": 1, "new": 1, "withdrawn": 1, "embedded": 1, "indexed": 1,
    }  # fmt: skip
    assert stored(database) == {"20260002", "20260003"}


def test_malformed_documents_are_quarantined_and_leave_when_mended(loader, bucket, database):
    bucket.put(record(1), record(2))
    bucket.put_bytes("broken.json", b"{")
    bucket.put_bytes("huge.json", b" " * 1_000_001)
    bucket.put_bytes("other.json", json.dumps(record(3)).encode())
    bucket.put_bytes("readme.txt", b"no policy")
    bucket.put(record(2), folder="z/")  # the same plcyNo again
    bucket.put(record(4, plcyNo="20260004", zipCd="1" * 5, inqCnt="3", note="\0"))
    report = loader.run()
    assert counts(report) == {
        "listed": 7, "read": 7, "new": 2, "quarantined": 5, "embedded": 2, "indexed": 2,
    }  # fmt: skip
    with database.transaction() as connection:
        reasons = {row["key"]: row["reason"] for row in connection.execute("SELECT key, reason FROM etl_quarantine")}
    assert reasons == {item["key"]: item["reason"] for item in report.reasons}
    assert "not JSON" in reasons["broken.json"]
    assert "larger than" in reasons["huge.json"]
    assert "does not match" in reasons["other.json"]
    assert "already loaded from 20260002.json" in reasons["z/20260002.json"]
    assert "NUL" in reasons["20260004.json"]
    bucket.put(record(4))
    bucket.remove("broken.json")
    mended = loader.run()
    assert (mended.new, mended.quarantined) == (1, 3)
    with database.transaction() as connection:
        keys = {row["key"] for row in connection.execute("SELECT key FROM etl_quarantine")}
    assert keys == {"huge.json", "other.json", "z/20260002.json"}


def test_a_policy_whose_document_breaks_stays_as_it_was(loader, bucket, database):
    bucket.put(record(1))
    loader.run()
    bucket.put_bytes("20260001.json", b"{")
    assert counts(loader.run()) == {"listed": 1, "read": 1, "quarantined": 1}
    assert stored(database) == {"20260001"}


def test_one_policy_that_postgresql_refuses_does_not_stop_the_others(loader, bucket, database):
    with database.transaction() as connection:
        connection.execute("ALTER TABLE youth_policies ADD CONSTRAINT few CHECK (views < 100)")
    try:
        bucket.put(record(1), record(2, inqCnt="100"), record(3))
        report = loader.run()
    finally:
        with database.transaction() as connection:
            connection.execute("ALTER TABLE youth_policies DROP CONSTRAINT few")
    assert (report.new, report.quarantined) == (2, 1)
    assert "few" in report.reasons[0]["reason"]


def test_while_milvus_is_down_the_rest_is_loaded_and_the_next_run_repairs(database, bucket, embedder, loader, milvus):
    bucket.put(record(1), record(2))
    down = MilvusStore(VectorSettings(milvus_uri="http://127.0.0.1:1"))
    report = PolicyLoader(database, PolicyBucket(bucket.name), embedder, down).run()
    assert report.milvus == "incomplete"
    assert counts(report) == {"listed": 2, "read": 2, "new": 2, "embedded": 2}
    with database.transaction() as connection:
        assert runs.latest(connection)["report"]["milvus"] == "incomplete"
    repaired = loader.run()
    assert repaired.milvus == "complete"
    assert counts(repaired) == {"listed": 2, "unchanged": 2, "indexed": 2}
    assert set(versions(milvus)) == {"20260001", "20260002"}


def test_another_model_embeds_everything_again(loader, bucket, database, embedder, milvus):
    bucket.put(record(1), record(2))
    loader.run()
    embedder.model_id = "another/1024"
    another = PolicyLoader(database, PolicyBucket(bucket.name), embedder, milvus)
    assert counts(another.run()) == {"listed": 2, "unchanged": 2, "embedded": 2, "indexed": 2}
    assert all(version.endswith("another/1024") for version in versions(milvus, "another/1024").values())


class FailingAt:
    """An embedder that fails at its n-th text, as when the process is stopped there."""

    model_id = "hash/1024"

    def __init__(self, inner, failing):
        self.inner, self.left = inner, failing

    def embed(self, text):
        self.left -= 1
        if self.left < 0:
            raise ModelUnavailable("retired")
        return self.inner.embed(text)


@pytest.fixture
def cut_off_loader(database, bucket, embedder, milvus):
    return PolicyLoader(database, PolicyBucket(bucket.name), FailingAt(embedder, 6), milvus)


def test_a_run_cut_off_half_way_is_resumed(cut_off_loader, loader, bucket, database, monkeypatch):
    monkeypatch.setattr("finq.policies.etl.embed._BATCH", 4)
    bucket.put(*(record(number) for number in range(10)))
    with pytest.raises(ModelUnavailable):
        cut_off_loader.run()
    with database.transaction() as connection:
        last = runs.latest(connection)
    assert (last["status"], last["report"]["new"], last["report"]["embedded"]) == ("failed", 10, 6)
    report = loader.run()
    report.indexed += last["report"]["indexed"]
    assert counts(report) == {"listed": 10, "unchanged": 10, "embedded": 4, "indexed": 10}


def test_a_bucket_that_fails_while_being_read_withdraws_nothing(loader, bucket, database, monkeypatch):
    bucket.put(record(1), record(2))
    loader.run()
    bucket.remove("20260001.json")
    bucket.put(record(3))

    def fail(self, key, download):
        raise ServiceUnavailable

    monkeypatch.setattr(objects._Reader, "finish", fail)
    with pytest.raises(ServiceUnavailable):
        loader.run()
    assert stored(database) == {"20260001", "20260002"}


def test_two_runs_at_once_are_refused(loader, bucket, database, embedder, postgres_url):
    from finq.database import Database

    bucket.put(record(1))
    reached, go_on = threading.Event(), threading.Event()

    class Waiting:
        model_id = "hash/1024"

        def embed(self, text):
            reached.set()
            assert go_on.wait(30)
            return embedder.embed(text)

    other = Database(lambda: postgres_url)
    slow = PolicyLoader(other, PolicyBucket(bucket.name), Waiting(), None)
    reports = []
    thread = threading.Thread(target=lambda: reports.append(slow.run()))
    thread.start()
    try:
        assert reached.wait(30)
        with pytest.raises(Conflict):
            loader.run()
        with database.transaction() as connection:
            assert runs.latest(connection)["status"] == "running"
    finally:
        go_on.set()
        thread.join()
        other.close()
    assert reports[0].new == 1
    assert loader.run().unchanged == 1


def test_a_run_whose_process_died_shows_as_interrupted(database):
    with database.transaction() as connection:
        runs.start(connection, "s3://bucket/")
        assert runs.latest(connection)["status"] == "interrupted"
