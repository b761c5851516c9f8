"""Milvus at a size where its servers build an index, which they do from 1,024 rows on."""

import random
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from finq.policies.filters import PolicyFilter, verdict_if_passing
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.milvus_connection import MilvusConnection
from finq.policies.vectors.port import QueryVector, VectorEntry

TODAY = date(2026, 11, 22)
COUNT = 2_500
CLUSTERS = 50
MODEL = "clusters/1024"


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@pytest.fixture
def vectors():
    """In clusters, as texts are: a graph loses more among such."""
    numbers = np.random.default_rng(5)
    centres = unit(numbers.standard_normal((CLUSTERS, 1024)))
    return unit(centres[numbers.integers(CLUSTERS, size=COUNT)] + 0.7 * unit(numbers.standard_normal((COUNT, 1024))))


@pytest.fixture
def entries(make_policies, vectors):
    policies = make_policies(COUNT)
    return [VectorEntry(p, v.tolist(), p.id, "", MODEL) for p, v in zip(policies, vectors, strict=True)]


@pytest.fixture
def store(vector_settings):
    return MilvusStore(vector_settings)


@pytest.fixture
def collection(store, entries):
    collection = store.collection(store.generation(MODEL).collection)
    collection.prepare()
    collection.upsert(entries)
    collection.settle()
    yield collection
    store.drop(store.generation(MODEL).collection)


def test_from_the_moment_of_settling_nothing_eligible_is_lost(store, collection, entries, vectors, make_applicant):
    """Ten times the number that an answer needs, by searches that begin while a server still rearranges the rows."""
    found, wanted = 0, 0
    for number in range(100):
        policy_filter = PolicyFilter(TODAY, make_applicant())
        question = unit(vectors[number] + vectors[number + 1])
        matches = store.search(QueryVector(question.tolist(), store.generation(MODEL)), policy_filter, 50)
        scores = vectors @ question
        passing = [n for n, entry in enumerate(entries) if verdict_if_passing(entry.policy, policy_filter)]
        # Rows that the rule alone keeps out may take places; nothing nearer than the last of them may be missing.
        least = matches[-1].score if len(matches) == 50 else -1.0
        eligible = {entries[n].policy.id for n in passing if scores[n] > least + 1e-4}
        found += len(eligible & {match.policy_id for match in matches})
        wanted += len(eligible)
    assert wanted > 1_000
    assert found == wanted


def test_settled_is_indexed(store, collection, vector_settings):
    client = MilvusConnection(vector_settings).client()
    assert client.describe_index(store.generation(MODEL).collection, "embedding")["pending_index_rows"] == 0
    client.close()


def test_what_was_written_before_settling_is_searched_after_it(store, collection, entries):
    dice = random.Random(7)
    generation = store.generation(MODEL)
    for entry in dice.sample(entries, 5):
        moved = replace(
            entry, embedding=unit(np.random.default_rng(dice.randrange(1000)).standard_normal(1024)).tolist()
        )
        everything = PolicyFilter(TODAY, statuses=frozenset({"open", "upcoming", "always", "closed", "unknown"}))
        collection.upsert([moved])
        collection.settle()
        [nearest] = store.search(QueryVector(moved.embedding, generation), everything, 1)
        assert nearest.policy_id == entry.policy.id
        assert nearest.score == pytest.approx(1, abs=1e-4)
        collection.delete([entry.policy.id])
        collection.settle()
        [nearest] = store.search(QueryVector(moved.embedding, generation), everything, 1)
        assert nearest.policy_id != entry.policy.id
