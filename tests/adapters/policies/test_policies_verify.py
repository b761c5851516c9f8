"""Every way in which the stores may come apart is found by name, and mended from what is stored."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from finq.errors import Conflict
from finq.functions import load_policies
from finq.policies import repository
from finq.policies.embedding import embedded_text
from finq.policies.etl import compare, runs
from finq.policies.etl.embed import PolicyEmbedder
from finq.policies.etl.index import PolicyIndex
from finq.policies.etl.report import Report
from finq.policies.etl.verify import Verifier
from finq.policies.rows import hashes_of
from finq.policies.vectors import generations, milvus
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.milvus_connection import MilvusConnection
from finq.policies.vectors.pgvector import PgVectorStore, index_name
from finq.policies.vectors.port import Generation, VectorEntry
from finq.policies.vectors.question_means import typical_questions

COUNT = 60


@pytest.fixture
def store(vector_settings):
    return MilvusStore(vector_settings)


@pytest.fixture
def loaded(database, store, embedder, make_policies, vector_settings):
    """Policies in all three stores, and hands to spoil them with."""
    policies = make_policies(COUNT)
    with database.transaction() as connection:
        repository.upsert(connection, policies)
    index = PolicyIndex(database, store, embedder.model_id)
    index.begin()
    with PolicyEmbedder(database, embedder, Report(), lambda: None) as vectors:
        vectors.finish()
    index.bring_up_to_date(Report(), lambda: None)
    with database.transaction() as connection:
        runs.release_lock(connection)
    embedder.texts.clear()
    client = MilvusConnection(vector_settings).client()
    name = store.generation(embedder.model_id).collection

    def sql(statement, *parameters):
        with database.transaction() as connection:
            connection.execute(statement, parameters)

    def entry(policy, **fields):
        hashes = hashes_of(policy)
        made = {"text_hash": hashes.text, "limits_hash": hashes.limits, "model_id": embedder.model_id} | fields
        return VectorEntry(policy, embedder._draw(embedded_text(policy)).vector, **made)

    yield SimpleNamespace(
        sql=sql,
        policies=policies,
        store=store,
        client=client,
        collection=store.collection(name),
        name=name,
        entry=entry,
    )
    client.close()


@pytest.fixture
def verifier(database, store, embedder):
    return Verifier(database, store, embedder, timedelta(0))


def found(result):
    return {kind: (finding.count, finding.samples) for kind, finding in result.findings.items()}


def test_an_empty_database_is_consistent(verifier):
    result = verifier.check()
    assert result.consistent
    assert (result.generation, result.policies, result.vectors, result.entries) == (None, 0, 0, None)


def test_what_the_loader_leaves_is_consistent(verifier, loaded, embedder):
    result = verifier.check()
    assert found(result) == {}
    assert (result.policies, result.vectors, result.entries) == (COUNT, COUNT, COUNT)
    assert result.generation == loaded.store.generation(embedder.model_id)
    assert result.as_json()["consistent"]


def lose_vectors(loaded):
    loaded.sql("DELETE FROM policy_vectors WHERE policy_id = ANY(%s)", ["P00003", "P00001"])


def spoil_text_hash(loaded):
    loaded.sql("UPDATE policy_vectors SET text_hash = 'other' WHERE policy_id = 'P00004'")


def change_text(loaded):
    loaded.sql("UPDATE youth_policies SET name = 'by hand' WHERE id = 'P00005'")


def change_limits(loaded):
    loaded.sql("UPDATE youth_policies SET min_age = 99 WHERE id = 'P00005'")


def withdraw(loaded):
    loaded.sql("UPDATE youth_policies SET withdrawn_at = now() WHERE id = 'P00006'")


def drop_index(loaded):
    loaded.sql(f"DROP INDEX {index_name('hash/1024')}")


def leave_vectors(loaded):
    loaded.sql(
        "INSERT INTO policy_vectors (policy_id, embedding, model_id, text_hash)"
        " SELECT policy_id, embedding, 'abandoned/1024', text_hash FROM policy_vectors LIMIT 3"
    )


def lose_entries(loaded):
    loaded.collection.delete(["P00007", "P00008"])


def spoil_entry(loaded):
    loaded.collection.upsert([loaded.entry(loaded.policies[9], limits_hash="other")])


def stray_entry(loaded):
    loaded.collection.upsert([loaded.entry(loaded.policies[9].model_copy(update={"id": "Z1"}))])


def drop_collection(loaded):
    loaded.client.drop_collection(loaded.name)


def replace_collection(loaded):
    loaded.client.drop_collection(loaded.name)
    loaded.client.create_collection(loaded.name, dimension=8)
    if loaded.store.alias_target() is None:
        loaded.store.point_alias(loaded.name)


def unload_collection(loaded):
    loaded.client.release_collection(loaded.name)


def drop_milvus_index(loaded):
    loaded.client.release_collection(loaded.name)
    loaded.client.drop_index(loaded.name, "embedding")


def leave_collection(loaded):
    loaded.store.collection(loaded.store.generation("abandoned/1024").collection).prepare()


def drop_alias(loaded):
    loaded.client.drop_alias(loaded.store._alias)


def forget_generations(loaded):
    loaded.sql("DELETE FROM index_generations")


def lose_question_mean(loaded):
    loaded.sql("DELETE FROM question_means")


CASES = [
    (lose_question_mean, {"questions.not embedded": (1, ["hash/1024"])}, len(typical_questions())),
    (lose_vectors, {"pgvector.missing": (2, ["P00001", "P00003"])}, 2),
    (spoil_text_hash, {"pgvector.stale": (1, ["P00004"])}, 1),
    (change_text, {"postgresql.changed by hand": (1, ["P00005"])}, 1),
    (change_limits, {"postgresql.changed by hand": (1, ["P00005"])}, 0),
    (withdraw, {"pgvector.orphan": (1, ["P00006"]), "milvus.orphan": (1, ["P00006"])}, 0),
    (drop_index, {"pgvector.not indexed": (1, ["hash/1024"])}, 0),
    (leave_vectors, {"pgvector.left over": (1, ["abandoned/1024"])}, 0),
    (lose_entries, {"milvus.missing": (2, ["P00007", "P00008"])}, 0),
    (spoil_entry, {"milvus.stale": (1, ["P00009"])}, 0),
    (stray_entry, {"milvus.orphan": (1, ["Z1"])}, 0),
    (drop_collection, {"milvus.collection missing": 1, "milvus.alias wrong": 1}, 0),
    (replace_collection, {"milvus.collection of another schema": 1}, 0),
    (unload_collection, {"milvus.collection not loaded": 1}, 0),
    (leave_collection, {"milvus.left over": 1}, 0),
    (drop_alias, {"milvus.alias wrong": (1, ["it names no collection"])}, 0),
    (forget_generations, {"index.missing": (1, ["no generation is active"])}, 0),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0].__name__ for case in CASES])
def test_a_fault_is_found_by_name_and_mended(verifier, loaded, embedder, case):
    spoil, expected, embedded = case
    spoil(loaded)
    result = verifier.check()
    assert not result.consistent
    seen = found(result)
    assert seen.keys() == expected.keys()
    for kind, value in expected.items():
        assert seen[kind] == value if isinstance(value, tuple) else seen[kind][0] == value
    assert found(verifier.check()) == seen, "looking changes nothing"
    assert found(verifier.repair()) == {}
    assert len(embedder.texts) == embedded, "only what has no vector is embedded"
    assert found(verifier.check()) == {}


def test_an_index_that_fell_off_milvus_is_built_again(verifier, loaded):
    drop_milvus_index(loaded)
    assert "milvus.collection not indexed" in verifier.check().findings
    assert found(verifier.repair()) == {}


def test_an_entry_stored_twice_is_told_and_mended(database, loaded, verifier, monkeypatch):
    """No Milvus lets one in by its keys; a server that lost track of a deletion shows one."""
    versions = milvus.MilvusCollection.versions

    def doubled(self):
        for policy_id, version in versions(self):
            yield policy_id, version
            if policy_id == "P00002":
                yield policy_id, version

    monkeypatch.setattr(milvus.MilvusCollection, "versions", doubled)
    assert found(verifier.check()) == {"milvus.duplicate": (1, ["P00002"])}
    deleted, delete = [], milvus.MilvusCollection.delete

    def noting(self, ids):
        deleted.extend(ids)
        delete(self, ids)
        monkeypatch.setattr(milvus.MilvusCollection, "versions", versions)

    monkeypatch.setattr(milvus.MilvusCollection, "delete", noting)
    assert found(verifier.repair()) == {}
    assert deleted == ["P00002"]


def test_only_a_few_of_many_are_named(verifier, loaded):
    loaded.sql("DELETE FROM policy_vectors")
    finding = verifier.check().findings["pgvector.missing"]
    assert (finding.count, len(finding.samples)) == (COUNT, 10)


def test_a_milvus_that_is_away_cannot_be_vouched_for(database, loaded, embedder, vector_settings):
    away = MilvusStore(vector_settings.model_copy(update={"milvus_uri": "http://127.0.0.1:1"}))
    result = Verifier(database, away, embedder).check()
    assert result.findings.keys() == {"milvus.unavailable"}
    assert Verifier(database, None, embedder).check().consistent, "where the settings do without it, nobody asks"


def test_rows_of_other_code_are_told_and_built(verifier, loaded, monkeypatch):
    monkeypatch.setattr(milvus, "_rows_hash", lambda: "other code")
    assert verifier.check().findings.keys() == {"milvus.not built"}
    assert found(verifier.repair()) == {}


def test_a_repair_keeps_to_the_model_that_searches_read(database, loaded, store, embedder, monkeypatch):
    """The settings name another model already; moving to it is the loader's business."""

    class Newer(type(embedder)):
        model_id = "newer/1024"

    from finq.policies.vectors import questions

    monkeypatch.setattr(questions, "titan_of", {"hash/1024": embedder}.get)
    lose_vectors(loaded)
    verifier = Verifier(database, store, Newer())
    assert found(verifier.repair()) == {}
    assert len(embedder.texts) == 2
    with database.transaction() as connection:
        assert generations.active(connection) == store.generation("hash/1024")


def test_the_generation_being_built_is_no_leftover(database, loaded, verifier):
    with database.transaction() as connection:
        generations.begin(connection, loaded.store.generation("next/1024"))
    loaded.store.collection(loaded.store.generation("next/1024").collection).prepare()
    loaded.sql(
        "INSERT INTO policy_vectors (policy_id, embedding, model_id, text_hash)"
        " SELECT policy_id, embedding, 'next/1024', text_hash FROM policy_vectors LIMIT 3"
    )
    assert found(verifier.check()) == {}


def test_a_repair_waits_for_no_run_and_a_check_needs_no_lock(database, loaded, verifier, postgres_url):
    from finq.database import Database

    other = Database(lambda: postgres_url)
    try:
        with other.transaction() as connection:
            runs.hold_lock(connection)
        assert verifier.check().consistent
        with pytest.raises(Conflict):
            verifier.repair()
    finally:
        other.close()


def test_memory_does_not_hold_every_id(database, loaded, monkeypatch):
    monkeypatch.setattr(compare, "_PAGE", 7)
    read = [policy.policy_id for policy in compare.wanted_policies(database)]
    assert read == sorted(policy.id for policy in loaded.policies)


def test_the_loaders_function_verifies_and_repairs(database, loaded, verifier, monkeypatch):
    monkeypatch.setattr(load_policies, "_verifier", lambda: verifier)
    context = SimpleNamespace(
        function_name="f", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="request-1"
    )
    lose_entries(loaded)
    answer = load_policies.handler({"action": "verify"}, context)
    assert not answer["consistent"]
    assert answer["findings"] == {"milvus.missing": {"count": 2, "samples": ["P00007", "P00008"]}}
    assert load_policies.handler({"action": "verify", "repair": True}, context)["consistent"]
    assert PgVectorStore(database).models() == {"hash/1024"}
    assert Generation(**load_policies.handler({"action": "verify"}, context)["generation"]).model_id == "hash/1024"
