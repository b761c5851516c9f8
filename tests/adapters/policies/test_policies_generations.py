"""Moving searches to another embedding model or row layout, while they go on."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import numpy as np
import psycopg
import pytest
from yoyo import read_migrations

from finq import migrations
from finq.database import Database
from finq.errors import ModelUnavailable
from finq.policies import repository
from finq.policies.embedding import Embedding, TitanEmbedder, embedded_text
from finq.policies.etl import runs
from finq.policies.etl.embed import PolicyEmbedder
from finq.policies.etl.index import PolicyIndex
from finq.policies.etl.report import Report
from finq.policies.filters import PolicyFilter
from finq.policies.search import PolicySearch
from finq.policies.vectors import generations, milvus, milvus_collection, question_means, questions
from finq.policies.vectors.fallback import FallbackStore
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.milvus_connection import MilvusConnection
from finq.policies.vectors.pgvector import PgVectorStore, index_name
from finq.policies.vectors.port import Generation, QueryVector, VectorStoreUnavailable
from finq.policies.vectors.questions import QuestionEmbedder
from finq.settings import EmbeddingSettings, SettingsError, VectorSettings

ANY = PolicyFilter(date(2026, 11, 22), statuses=frozenset({"open", "upcoming", "always", "closed", "unknown"}))


class ModelEmbedder:
    """Vectors that are of use to one model alone: another model's cosines with them say nothing."""

    def __init__(self, model_id):
        self.model_id = model_id
        self.texts = []

    def embed(self, text):
        self.texts.append(text)
        seed = int.from_bytes(hashlib.sha256(f"{self.model_id}\n{text}".encode()).digest()[:8])
        vector = np.random.default_rng(seed).standard_normal(int(self.model_id.rpartition("/")[2]))
        padded = np.zeros(1024)
        padded[: vector.size] = vector / np.linalg.norm(vector)
        return Embedding(padded.tolist(), len(text))


OLD, NEW = "old-model/1024", "new-model/512"


@pytest.fixture
def embedders(monkeypatch):
    """By model id; what the settings do not name any more is found here too."""
    made = {model_id: ModelEmbedder(model_id) for model_id in (OLD, NEW)}
    monkeypatch.setattr(questions, "titan_of", made.get)
    return made


@pytest.fixture
def store(vector_settings):
    return MilvusStore(vector_settings)


@pytest.fixture
def client(vector_settings):
    client = MilvusConnection(vector_settings).client()
    yield client
    client.close()


@pytest.fixture
def policies(database, make_policies):
    made = make_policies(120)
    with database.transaction() as connection:
        repository.upsert(connection, made)
    return made


def index(database, store, embedder, grace=generations.GRACE, built=None):
    """What the loader does after it has written the policies."""
    report = Report()
    built = built or PolicyIndex(database, store, embedder.model_id, grace)
    built.begin()
    with PolicyEmbedder(database, embedder, report, lambda: None) as vectors:
        vectors.finish()
    built.bring_up_to_date(report, lambda: None)
    with database.transaction() as connection:
        runs.release_lock(connection)
    return report


def nearest(policies, embedder, text, count=5):
    common = np.mean([embedder.embed(typical).vector for typical in question_means.typical_questions()], axis=0)
    question = np.array(embedder.embed(text).vector) - questions._IN_COMMON * common
    scores = {p.id: float(question @ np.array(embedder.embed(embedded_text(p)).vector)) for p in policies}
    return sorted(scores, key=lambda policy_id: -scores[policy_id])[:count]


def ids(matches):
    return [match.policy_id for match in matches]


def active(database):
    with database.transaction() as connection:
        return generations.active(connection)


def test_searches_go_on_while_the_loader_moves_to_another_model(
    database, vector_settings, policies, embedders, monkeypatch
):
    """Every search finds exactly what one of the two models finds, whichever embedded the question."""
    store = MilvusStore(vector_settings)
    monkeypatch.setattr(questions, "_KEPT_SECONDS", 0.05)
    index(database, store, embedders[OLD])
    expected = {model: nearest(policies, embedders[model], "월세 지원") for model in (OLD, NEW)}
    moved = threading.Event()

    def keep_searching(alone):
        own = Database(database._conninfo)
        pgvector = PgVectorStore(own)
        # As deployed with the new setting, before the loader ran.
        asked = QuestionEmbedder(own, embedders[NEW])
        searched = pgvector if alone else FallbackStore(MilvusStore(vector_settings), pgvector)
        found = []
        try:
            while not moved.is_set() or found[-1] == tuple(expected[OLD]):
                found.append(tuple(ids(searched.search(asked.embed("월세 지원"), ANY, 5))))
        finally:
            own.close()
        return found

    with ThreadPoolExecutor(2) as pool:
        searching = [pool.submit(keep_searching, alone) for alone in (True, False)]
        try:
            report = index(database, store, embedders[NEW])
        finally:
            moved.set()
    for found in searching:
        assert len(found.result()) > 10
        assert set(found.result()) == {tuple(one) for one in expected.values()}
    assert (report.switched_to, report.embedded, report.milvus) == (NEW, 120, "complete")


def test_the_old_generation_stays_for_those_who_read_it_and_then_goes(database, store, policies, embedders, client):
    index(database, store, embedders[OLD])
    question = QuestionEmbedder(database, embedders[OLD]).embed("월세")
    index(database, store, embedders[NEW])
    old, new = (store.generation(model) for model in (OLD, NEW))
    assert (question.generation, active(database)) == (old, new)
    wanted = nearest(policies, embedders[OLD], "월세")
    assert [match.policy_id for match in store.search(question, ANY, 5)] == wanted
    assert [match.policy_id for match in PgVectorStore(database).search(question, ANY, 5)] == wanted
    index(database, store, embedders[NEW], grace=timedelta(0))
    assert store.collections() == {new.collection}
    assert PgVectorStore(database).models() == {NEW}
    assert not PgVectorStore(database).has_index(OLD)
    with database.transaction() as connection:
        assert question_means.mean(connection, OLD) is None
        assert generations.in_use(connection) == [new]
    with pytest.raises(VectorStoreUnavailable):
        store.search(question, ANY, 5)


def test_going_back_within_the_grace_embeds_nothing(database, store, policies, embedders):
    index(database, store, embedders[OLD])
    index(database, store, embedders[NEW])
    report = index(database, store, embedders[OLD])
    assert (report.switched_to, report.embedded, report.indexed) == (OLD, 0, 0)
    assert active(database) == store.generation(OLD)


def test_what_was_given_up_while_it_was_built_is_dropped(database, store, policies, embedders):
    index(database, store, embedders[OLD])
    with database.transaction() as connection:
        generations.begin(connection, store.generation("third/256"))
    store.collection(store.generation("third/256").collection).prepare()
    embedders["third/256"] = ModelEmbedder("third/256")
    with PolicyEmbedder(database, embedders["third/256"], Report(), lambda: None) as vectors:
        vectors.finish()
    assert len(store.collections()) == 2
    index(database, store, embedders[NEW], grace=timedelta(0))
    assert PgVectorStore(database).models() == {NEW}
    assert store.collections() == {store.generation(NEW).collection}


def test_other_rows_need_another_collection_but_no_embedding(database, store, policies, embedders, monkeypatch):
    index(database, store, embedders[OLD])
    before = active(database)
    monkeypatch.setattr(milvus, "_rows_hash", lambda: "other code")
    question = QuestionEmbedder(database, embedders[OLD]).embed("월세")
    with pytest.raises(VectorStoreUnavailable, match="does not hold"):
        store.search(question, ANY, 5)
    both = FallbackStore(store, PgVectorStore(database))
    assert [match.policy_id for match in both.search(question, ANY, 5)] == nearest(policies, embedders[OLD], "월세")
    report = index(database, store, embedders[OLD])
    assert (report.embedded, report.indexed, report.switched_to) == (0, 120, "")
    assert active(database).collection not in ("", before.collection)


@pytest.mark.usefixtures("policies")
def test_a_plain_collection_of_the_aliass_name_gives_way(database, store, embedders, client, vector_settings):
    name = vector_settings.milvus_collection
    client.create_collection(name, dimension=8)
    index(database, store, embedders[OLD])
    assert store.alias_target() == store.generation(OLD).collection
    assert store.collections() == {store.generation(OLD).collection}
    [first, *_] = client.query(name, filter='policy_id != ""', limit=1)
    assert first["policy_id"].startswith("P"), "the alias can be read like a collection"
    index(database, store, embedders[NEW])
    assert store.alias_target() == store.generation(NEW).collection


def test_without_milvus_pgvector_answers_for_the_new_model_until_the_next_run(
    database, store, policies, embedders, vector_settings
):
    index(database, store, embedders[OLD])
    down = MilvusStore(vector_settings.model_copy(update={"milvus_uri": "http://127.0.0.1:1"}))
    report = index(database, down, embedders[NEW])
    assert (report.milvus, report.switched_to) == ("incomplete", NEW)
    assert active(database) == Generation(NEW)
    question = QuestionEmbedder(database, embedders[NEW]).embed("월세")
    assert ids(FallbackStore(store, PgVectorStore(database)).search(question, ANY, 5)) == nearest(
        policies, embedders[NEW], "월세"
    )
    assert index(database, store, embedders[NEW]).milvus == "complete"
    assert active(database) == store.generation(NEW)


def test_a_milvus_that_fails_keeps_what_searches_read(database, store, policies, embedders, vector_settings):
    index(database, store, embedders[OLD])
    down = MilvusStore(vector_settings.model_copy(update={"milvus_uri": "http://127.0.0.1:1"}))
    assert index(database, down, embedders[OLD]).milvus == "incomplete"
    assert active(database) == store.generation(OLD)


@pytest.mark.usefixtures("policies")
def test_a_collection_that_somebody_dropped_is_not_searched_while_it_is_built_again(
    database, store, embedders, client, monkeypatch
):
    index(database, store, embedders[OLD])
    client.drop_collection(store.generation(OLD).collection)
    seen = []
    upsert = milvus_collection.MilvusCollection.upsert

    def watched(self, entries):
        with psycopg.connect(database._conninfo()) as other:
            seen.append(other.execute("SELECT collection FROM index_generations WHERE state = 'active'").fetchone()[0])
        upsert(self, entries)

    monkeypatch.setattr(milvus_collection.MilvusCollection, "upsert", watched)
    report = index(database, store, embedders[OLD])
    assert (set(seen), report.embedded, report.indexed) == ({""}, 0, 120)
    assert active(database) == store.generation(OLD)


def test_turning_milvus_off_and_on(database, store, policies, embedders):
    index(database, store, embedders[OLD])
    assert index(database, None, embedders[OLD]).milvus == "off"
    assert active(database) == Generation(OLD)
    report = index(database, store, embedders[OLD])
    assert (report.milvus, report.indexed, active(database)) == ("complete", 0, store.generation(OLD))


def test_a_denied_old_model_is_named_with_the_way_out(database, store, policies, embedders, monkeypatch):
    index(database, store, embedders[OLD])

    def deny(text):
        raise ModelUnavailable("Bedrock refuses the embedding model")

    monkeypatch.setattr(embedders[OLD], "embed", deny)
    search = PolicySearch(PgVectorStore(database), database, embedders[NEW])
    with pytest.raises(ModelUnavailable, match=r"still indexed by 'old-model/1024'.*'new-model/512'.*run finkurn-load"):
        search.search("월세", ANY)
    index(database, store, embedders[NEW])
    search = PolicySearch(PgVectorStore(database), database, embedders[NEW])
    assert len(search.search("월세", ANY)) == 5


def test_the_active_generation_is_looked_up_twice_a_minute_not_with_every_question(database, embedders, monkeypatch):
    now = [1_000.0]
    monkeypatch.setattr(questions.time, "time", lambda: now[0])
    looked = []
    monkeypatch.setattr(questions.generations, "active", lambda connection: looked.append(now[0]))
    asked = QuestionEmbedder(database, embedders[NEW])
    for _ in range(121):
        assert asked.embed("월세").generation == Generation(NEW)
        now[0] += 0.5
    assert len(looked) == 3


@pytest.mark.parametrize("at_once", [3, 7, 200])
def test_a_collection_is_read_in_order_whatever_milvus_gives_at_once(database, store, policies, monkeypatch, at_once):
    index(database, store, ModelEmbedder(OLD))
    monkeypatch.setattr(milvus_collection, "_ROWS_PER_QUERY", at_once)
    read = list(store.collection(store.generation(OLD).collection).versions())
    assert [policy_id for policy_id, _ in read] == sorted(policy.id for policy in policies)


def test_vectors_of_older_versions_are_taken_over(empty_postgres_url, tmp_path, make_policies):
    url = empty_postgres_url()
    every = read_migrations(str(next(iter(migrations.__path__)))).filter(lambda m: m.path.endswith(".sql"))
    with migrations._backend(url) as backend:
        backend.apply_migrations(backend.to_apply(every.filter(lambda m: m.id < "0006")))
    one = str([0.5] * 1024)
    with psycopg.connect(url) as connection:
        for number in range(3):
            connection.execute(
                "INSERT INTO youth_policies (id, name, nationwide, income_kind, application_kind, raw, content_hash)"
                " VALUES (%s, '', true, 'any', 'always', '{}', '')",
                [f"P{number}"],
            )
            connection.execute(
                "INSERT INTO policy_vectors (policy_id, embedding, model_id, text_hash) VALUES (%s, %s, %s, '')",
                [f"P{number}", one, "it's old/1024" if number else "older/1024"],
            )
    migrations.apply(url)
    database = Database(lambda: url)
    try:
        assert active(database) == Generation("it's old/1024")
        assert PgVectorStore(database).has_index("it's old/1024")
        question = QueryVector([0.5] * 1024, Generation("it's old/1024"))
        found = PgVectorStore(database).search(question, ANY, 5)
        assert {match.policy_id for match in found} == {"P1", "P2"}
        definition = f"SELECT pg_get_indexdef('{index_name('older/1024')}'::regclass) AS made"
        with database.transaction() as connection:
            migrated = connection.execute(definition).fetchone()["made"]
        PgVectorStore(database).drop_index("older/1024")
        PgVectorStore(database).ensure_index("older/1024")
        with database.transaction() as connection:
            assert connection.execute(definition).fetchone()["made"] == migrated
    finally:
        database.close()


def test_a_search_uses_the_index_of_its_own_model(database, store, policies, embedders):
    """At this size PostgreSQL would rather look at every row: it is told not to."""
    index(database, store, embedders[OLD])
    index(database, store, embedders[NEW])
    with database.transaction() as connection:
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute("SET LOCAL enable_bitmapscan = off")
        connection.execute("SET LOCAL enable_sort = off")
        plan = connection.execute(
            "EXPLAIN SELECT policy_id FROM policy_vectors WHERE model_id = 'new-model/512'"
            f" ORDER BY embedding <=> '{[0.1] * 1024}' LIMIT 5"
        ).fetchall()
    assert any(index_name(NEW) in row["QUERY PLAN"] for row in plan)


def test_settings_name_the_alias():
    first, second = (MilvusStore(VectorSettings(milvus_collection=name)).generation(OLD) for name in ("one", "two"))
    assert first.collection.startswith("one_")
    assert second.collection.startswith("two_")
    assert first.collection[4:] == second.collection[4:]


@pytest.mark.parametrize("dimensions", [256, 512, 1024])
def test_the_dimensions_come_from_a_variable(dimensions, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    settings = EmbeddingSettings.from_environment({"FINQ_EMBEDDING_DIMENSIONS": str(dimensions)})
    assert settings.dimensions == dimensions
    assert questions.titan_of(TitanEmbedder(settings, client=object()).model_id).model_id.endswith(f":0/{dimensions}")


@pytest.mark.parametrize("dimensions", ["many", "1536", "0"])
def test_dimensions_beyond_what_the_stores_hold_are_refused(dimensions):
    with pytest.raises(SettingsError, match="FINQ_EMBEDDING_DIMENSIONS"):
        EmbeddingSettings.from_environment({"FINQ_EMBEDDING_DIMENSIONS": dimensions})
