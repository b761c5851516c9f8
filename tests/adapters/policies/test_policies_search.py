"""Search finds what a look at every policy would find, whichever store answers."""

import socket
import time
from datetime import date

import numpy as np
import pytest

from finq.errors import ServiceUnavailable
from finq.policies import repository
from finq.policies.embedding import embedded_text
from finq.policies.filters import PolicyFilter, verdict_if_passing
from finq.policies.rows import hashes_of
from finq.policies.search import PolicySearch
from finq.policies.vectors import generations, open_store
from finq.policies.vectors.fallback import FallbackStore
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.milvus_connection import MilvusConnection
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import Match, QueryVector, VectorEntry, VectorStoreUnavailable
from finq.policies.vectors.questions import QuestionEmbedder
from finq.settings import VectorSettings

TODAY = date(2026, 11, 22)


def entries(policies, embedder):
    made = []
    for policy in policies:
        hashes = hashes_of(policy)
        vector = embedder.embed(embedded_text(policy)).vector
        made.append(VectorEntry(policy, vector, hashes.text, hashes.limits, embedder.model_id))
    return made


@pytest.fixture
def policies(database, make_policies, embedder):
    policies = make_policies(400)
    with database.transaction() as connection:
        repository.upsert(connection, policies)
    PgVectorStore(database).upsert(entries(policies, embedder))
    return policies


@pytest.fixture
def milvus(vector_settings, database, policies, embedder):
    """Milvus with the active generation in it."""
    store = MilvusStore(vector_settings)
    generation = store.generation(embedder.model_id)
    collection = store.collection(generation.collection)
    collection.prepare()
    collection.upsert(entries(policies, embedder))
    collection.settle()
    with database.transaction() as connection:
        generations.switch(connection, generation)
    return store


@pytest.fixture
def collection(milvus, embedder):
    return milvus.collection(milvus.generation(embedder.model_id).collection)


def anything(milvus, embedder):
    return QueryVector([1.0] * 1024, milvus.generation(embedder.model_id))


def brute_force(policies, embedder, text, wanted, limit):
    question = np.array(embedder.embed(text).vector)
    scored = [
        (float(question @ np.array(embedder.embed(embedded_text(policy)).vector)), policy.id)
        for policy in policies
        if verdict_if_passing(policy, wanted)
    ]
    return [policy_id for _, policy_id in sorted(scored, reverse=True)[:limit]]


class EveryPolicy:
    """A store without an index: it compares the question with each policy and applies the rule itself."""

    def __init__(self, policies, embedder):
        self._policies = {policy.id: policy for policy in policies}
        self._vectors = {policy.id: np.array(embedder.embed(embedded_text(policy)).vector) for policy in policies}

    def search(self, query, policy_filter, limit):
        question = np.array(query.values)
        passing = [id_ for id_, policy in self._policies.items() if verdict_if_passing(policy, policy_filter)]
        scored = sorted(((float(question @ self._vectors[id_]), id_) for id_ in passing), reverse=True)
        return [Match(id_, score) for score, id_ in scored[:limit]]


def best_of_every_policy(database, policies, embedder, text, wanted):
    return [
        hit.policy.id for hit in PolicySearch(EveryPolicy(policies, embedder), database, embedder).search(text, wanted)
    ]


def assert_nothing_is_lost(store, database, policies, embedder, make_applicant):
    search = PolicySearch(store, database, embedder)
    exhaustive = PolicySearch(EveryPolicy(policies, embedder), database, embedder)
    counts = set()
    for number in range(60):
        wanted = PolicyFilter(TODAY, make_applicant())
        found = search.search(f"질문 {number}", wanted)
        expected = exhaustive.search(f"질문 {number}", wanted)
        assert [hit.policy.id for hit in found] == [hit.policy.id for hit in expected], wanted
        assert all(hit.verdict.status != "not_eligible" for hit in found)
        counts.add(len(found))
    assert 5 in counts


def test_pgvector_finds_what_a_look_at_every_policy_finds(database, policies, embedder, make_applicant):
    assert_nothing_is_lost(PgVectorStore(database), database, policies, embedder, make_applicant)


def test_milvus_finds_what_a_look_at_every_policy_finds(database, policies, milvus, embedder, make_applicant):
    store = FallbackStore(milvus, PgVectorStore(database))
    assert_nothing_is_lost(store, database, policies, embedder, make_applicant)


@pytest.mark.parametrize("limit", [5, 40])
def test_pgvector_gives_exactly_the_nearest_eligible(database, policies, embedder, make_applicant, limit):
    store = PgVectorStore(database)
    for number in range(20):
        wanted = PolicyFilter(TODAY, make_applicant())
        query = QuestionEmbedder(database, embedder).embed(f"질문 {number}")
        found = [match.policy_id for match in store.search(query, wanted, limit)]
        assert found == brute_force(policies, embedder, f"질문 {number}", wanted, limit)


def test_vectors_stay_in_their_rows(database, policies):
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT pg_relation_size(reltoastrelid) AS aside, pg_relation_size(oid) AS in_rows"
            " FROM pg_class WHERE oid = 'policy_vectors'::regclass"
        ).fetchone()
    assert row["aside"] == 0
    assert row["in_rows"] >= len(policies) * 4 * 1024


def test_the_question_is_embedded_once_and_in_one_line(database, policies, embedder):
    embedder.texts.clear()
    PolicySearch(PgVectorStore(database), database, embedder).search("달빛\n장터", PolicyFilter(TODAY), 50)
    assert embedder.texts == ["달빛 장터"]


def test_changes_in_postgresql_count_before_milvus_knows(database, policies, milvus, embedder):
    search = PolicySearch(milvus, database, embedder)
    first = search.search("월세", PolicyFilter(TODAY))
    with database.transaction() as connection:
        repository.withdraw(connection, [hit.policy.id for hit in first])
    second = search.search("월세", PolicyFilter(TODAY))
    assert len(second) == 5
    assert not {hit.policy.id for hit in first} & {hit.policy.id for hit in second}


def test_what_milvus_lacks_is_filled_up_from_pgvector(database, policies, milvus, collection, embedder):
    wanted = PolicyFilter(TODAY)
    expected = best_of_every_policy(database, policies, embedder, "월세", wanted)
    collection.delete([policy.id for policy in policies[3:]])
    search = PolicySearch(FallbackStore(milvus, PgVectorStore(database)), database, embedder)
    assert [hit.policy.id for hit in search.search("월세", wanted)] == expected


def test_a_collection_that_a_restart_left_on_disk_is_loaded_by_the_first_search(vector_settings, milvus, embedder):
    question = anything(milvus, embedder)
    client = MilvusConnection(vector_settings).client()
    client.release_collection(question.generation.collection)
    client.close()
    assert len(milvus.search(question, PolicyFilter(TODAY), 5)) == 5


@pytest.fixture
def silent_port():
    """A port that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_dead_milvus_costs_a_second_once(database, policies, embedder, silent_port):
    settings = VectorSettings(milvus_uri=f"http://127.0.0.1:{silent_port}", milvus_collection="gone")
    with database.transaction() as connection:
        generations.switch(connection, MilvusStore(settings).generation(embedder.model_id))
    search = PolicySearch(open_store(settings, database), database, embedder)
    expected = best_of_every_policy(database, policies, embedder, "월세", PolicyFilter(TODAY))
    started = time.perf_counter()
    assert [hit.policy.id for hit in search.search("월세", PolicyFilter(TODAY))] == expected
    between = time.perf_counter()
    assert [hit.policy.id for hit in search.search("월세", PolicyFilter(TODAY))] == expected
    done = time.perf_counter()
    assert between - started > 0.5, "the first search waited for Milvus"
    assert done - between < (between - started) / 2, "the second did not"


def test_without_any_store_the_service_is_unavailable(database, embedder):
    class Dead:
        def search(self, query, policy_filter, limit):
            raise VectorStoreUnavailable("gone")

    with pytest.raises(ServiceUnavailable):
        PolicySearch(FallbackStore(Dead(), Dead()), database, embedder).search("월세", PolicyFilter(TODAY))
