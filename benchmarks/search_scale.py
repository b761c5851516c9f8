"""Filtered search among 10,000, 100,000 and 1,000,000 vectors: how latency, recall, memory and building grow.

Left out unless named, since it runs for minutes to hours. Settings, all of them environment variables:

- `SEARCH_SCALE_VECTORS`: sizes, whole tens of thousands; `10000,100000` by default.
- `SEARCH_SCALE_STORES`: `pgvector`, `milvus`; by default pgvector, and Milvus where its address is given.
- `SEARCH_SCALE_MILVUS`: address of a Milvus server; `SEARCH_SCALE_MILVUS_METRICS`: of its Prometheus page.
- `SEARCH_SCALE_BUILD_MEMORY`: `maintenance_work_mem` of PostgreSQL. A graph of 1,000,000 vectors takes 8GB.
- `SEARCH_SCALE_HOME`: a folder that keeps PostgreSQL's cluster. What was built there, or in Milvus, is searched again
  without being built again, so that a long build and the measurement may be two runs.
"""

import os
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from psycopg import sql

from benchmarks.components import components
from benchmarks.figures import Figure, p50, p99
from benchmarks.scale_corpus import BLOCK, Question, ScaleCorpus, Truth, Vectors, blocks, policy_id
from finq.database import Database
from finq.policies import repository
from finq.policies.search import CANDIDATES
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.pgvector import PgVectorStore, index_name
from finq.policies.vectors.pgvector_types import Vector, register
from finq.policies.vectors.port import Generation, QueryVector, VectorEntry, VectorStore
from finq.settings import VectorSettings

SIZES = [int(size) for size in os.environ.get("SEARCH_SCALE_VECTORS", "10000,100000").split(",")]
MILVUS = os.environ.get("SEARCH_SCALE_MILVUS", "")
METRICS = os.environ.get("SEARCH_SCALE_MILVUS_METRICS", "")
STORES = os.environ.get("SEARCH_SCALE_STORES", "pgvector,milvus" if MILVUS else "pgvector").split(",")
HOME = os.environ.get("SEARCH_SCALE_HOME")
BUILD_MEMORY = os.environ.get("SEARCH_SCALE_BUILD_MEMORY", "64MB")
QUESTIONS = 100
NEAREST = 10
_ASKED = CANDIDATES + 8  # as `PolicySearch` does
_MODEL = "scale/1024"
_WARM_UP = 5

# Rows of the same limits as the policies of the first block, and no texts.
_COPIES = sql.SQL("""
INSERT INTO youth_policies (id, name, nationwide, raw, content_hash, {limits})
SELECT lpad((%(first)s + row_number() OVER (ORDER BY p.id) - 1)::text, 12, '0'), '', p.nationwide, '{{}}', '', {limits}
FROM youth_policies p WHERE p.id < %(block)s
""").format(
    limits=sql.SQL(
        "min_age, max_age, age_extension, region_codes, sido_codes, employment_codes, education_codes, major_codes,"
        " special_codes, marital_status, income_kind, min_income, max_income, application_kind, application_dates,"
        " categories"
    )
)


def run() -> Iterator[Figure]:
    """Figures by store and size."""
    corpus = ScaleCorpus()
    questions = corpus.questions(QUESTIONS)
    for size in SIZES:
        truth = Truth(corpus.policies, questions, NEAREST)
        for number, vectors in blocks(corpus, size):
            truth.add(number, vectors)
        yield Figure(f"search_scale.{size}.share_passing", truth.share_passing, "ratio")
        if "pgvector" in STORES:
            yield from _pgvector(corpus, size, questions, truth)
        if "milvus" in STORES:
            yield from _milvus(corpus, size, questions, truth)


def _searched(
    name: str, store: VectorStore, generation: Generation, questions: list[Question], truth: Truth
) -> Iterator[Figure]:
    seconds, found = [], []
    for question in (*questions[:_WARM_UP], *questions):
        began = time.perf_counter()
        matches = store.search(QueryVector(question.vector, generation), question.policy_filter, _ASKED)
        seconds.append(time.perf_counter() - began)
        found.append([match.policy_id for match in matches[:NEAREST]])
    yield Figure(f"{name}.recall_at_10", truth.recall(found[_WARM_UP:]), "ratio")
    yield Figure(f"{name}.p50", p50(seconds[_WARM_UP:]) * 1000, "ms")
    yield Figure(f"{name}.p99", p99(seconds[_WARM_UP:]) * 1000, "ms")


def _pgvector(corpus: ScaleCorpus, size: int, questions: list[Question], truth: Truth) -> Iterator[Figure]:
    name = f"search_scale.{size}.pgvector"
    home = Path(HOME) / str(size) if HOME else None
    with components(home) as parts:
        database = parts.database(shared_buffers="1GB", maintenance_work_mem=BUILD_MEMORY)
        store = PgVectorStore(database)
        if not store.has_index(_MODEL):
            began = time.perf_counter()
            for number, vectors in blocks(corpus, size):
                _write(database, corpus, number, vectors)
            yield Figure(f"{name}.load", time.perf_counter() - began, "s")
            began = time.perf_counter()
            store.ensure_index(_MODEL)
            yield Figure(f"{name}.index", time.perf_counter() - began, "s")
            with database.transaction() as connection:
                connection.execute("ANALYZE policy_limits, policy_vectors")
        yield from _searched(name, store, Generation(_MODEL), questions, truth)
        with database.transaction() as connection:
            for what, relation in (
                ("vectors", "policy_vectors"),
                ("limits", "policy_limits"),
                ("graph", index_name(_MODEL)),
            ):
                row = connection.execute("SELECT pg_table_size(%s::regclass) AS bytes", [relation]).fetchone()
                yield Figure(f"{name}.{what}_on_disk", (row or {})["bytes"] / 2**20, "MB")


def _write(database: Database, corpus: ScaleCorpus, number: int, vectors: Vectors) -> None:
    first = number * BLOCK
    with database.transaction() as connection:
        stored = connection.execute("SELECT FROM policy_vectors WHERE policy_id = %s", [policy_id(first)]).fetchone()
        if stored is not None:
            return
        connection.execute("SET LOCAL statement_timeout = 0")
        if number == 0:
            named = [policy.model_copy(update={"id": policy_id(n)}) for n, policy in enumerate(corpus.policies)]
            repository.upsert(connection, named)
        else:
            connection.execute(_COPIES, {"first": first, "block": policy_id(BLOCK)})
        with connection.cursor() as cursor:
            register(cursor)
            with cursor.copy(
                "COPY policy_vectors (policy_id, embedding, model_id, text_hash) FROM STDIN (FORMAT BINARY)"
            ) as copy:
                for n, vector in enumerate(vectors):
                    copy.write_row([policy_id(first + n), Vector(vector.tolist()), _MODEL, ""])


def _milvus(corpus: ScaleCorpus, size: int, questions: list[Question], truth: Truth) -> Iterator[Figure]:
    name = f"search_scale.{size}.milvus"
    store = MilvusStore(VectorSettings(milvus_uri=MILVUS, milvus_collection=f"scale_{size}"))
    generation = store.generation(_MODEL)
    collection = store.collection(generation.collection)
    before = _resident_megabytes()
    if generation.collection not in store.collections():
        began = time.perf_counter()
        collection.prepare()
        for number, vectors in blocks(corpus, size):
            entries = [
                VectorEntry(
                    policy.model_copy(update={"id": policy_id(number * BLOCK + n)}), vector.tolist(), "", "", ""
                )
                for n, (policy, vector) in enumerate(zip(corpus.policies, vectors, strict=True))
            ]
            collection.upsert(entries)
        yield Figure(f"{name}.load", time.perf_counter() - began, "s")
        began = time.perf_counter()
        collection.settle()
        yield Figure(f"{name}.index_after_load", time.perf_counter() - began, "s")
    yield from _searched(name, store, generation, questions, truth)
    yield Figure(f"{name}.memory_added", _resident_megabytes() - before, "MB")


def _resident_megabytes() -> float:
    if not METRICS:
        return 0.0
    with urllib.request.urlopen(METRICS, timeout=10) as page:
        found = re.search(r"^process_resident_memory_bytes (\S+)", page.read().decode(), re.MULTILINE)
    return float(found[1]) / 2**20 if found else 0.0
