import numpy as np
import pyarrow as pa
import pytest
from milvus_lite.engine.projection import build_projection_plan, project_record
from milvus_lite.index.brute_force import BruteForceIndex
from milvus_lite.schema.arrow_builder import build_wal_data_schema
from milvus_lite.schema.types import CollectionSchema, DataType, FieldSchema
from milvus_lite.search.executor_indexed import execute_search_with_index
from milvus_lite.search.filter import compile_filter
from milvus_lite.storage.delta_index import DeltaIndex
from milvus_lite.storage.memtable import MemTable
from milvus_lite.storage.segment import Segment

from finq_local.stack import milvus_lite_search

DIMENSIONS = 8
SCHEMA = CollectionSchema(
    [
        FieldSchema("policy_id", DataType.VARCHAR, is_primary=True, max_length=40),
        FieldSchema("embedding", DataType.FLOAT_VECTOR, dim=DIMENSIONS),
        FieldSchema("age", DataType.INT32),
        FieldSchema("open", DataType.BOOL),
    ]
)


def segment_of(keys, first_write, random):
    count = len(keys)
    vectors = random.standard_normal((count, DIMENSIONS)).astype(np.float32)
    vectors[::17] = 0
    writes = np.arange(first_write, first_write + count, dtype=np.uint64)
    table = pa.table(
        {
            "_seq": pa.array(writes),
            "policy_id": keys,
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIMENSIONS),
            "age": pa.array(random.integers(15, 40, count), pa.int32()),
            "open": pa.array(random.random(count) < 0.5),
        }
    )
    segment = Segment("file", "_default", "policy_id", "embedding", keys, writes, vectors, table)
    segment.attach_index(BruteForceIndex.build(vectors, "COSINE"), "embedding")
    return segment


@pytest.fixture(scope="module")
def segments():
    """The second writes a third of the first's rows anew."""
    random = np.random.default_rng(5)
    first = segment_of([f"p{number}" for number in range(300)], 0, random)
    return [first, segment_of([f"p{number}" for number in range(200, 400)], 300, random)]


@pytest.fixture(scope="module")
def deleted():
    """Some before they were written anew, some after."""
    rows = {"policy_id": [f"p{number}" for number in range(190, 230)], "_seq": [310] * 40}
    index = DeltaIndex("policy_id")
    index.add_batch(pa.RecordBatch.from_pydict(rows, schema=pa.schema([("policy_id", "string"), ("_seq", "uint64")])))
    return index


def asked(segments, deleted, **changes):
    """What the engine passes to its search."""
    return {
        "query_vectors": np.random.default_rng(9).standard_normal((1, DIMENSIONS)).astype(np.float32),
        "segments": segments,
        "memtable": MemTable(SCHEMA),
        "delta_index": deleted,
        "top_k": 20,
        "metric_type": "COSINE",
        "pk_field": "policy_id",
        "vector_field": "embedding",
        "output_fields": ["policy_id", "age"],
        "project_record_fn": lambda record: {"age": record["age"]},
    } | changes


def assert_same(ours, theirs):
    assert [[(hit["id"], hit["entity"]) for hit in hits] for hits in ours] == [
        [(hit["id"], hit["entity"]) for hit in hits] for hits in theirs
    ]
    for our_hits, their_hits in zip(ours, theirs, strict=True):
        assert [hit["distance"] for hit in our_hits] == pytest.approx([hit["distance"] for hit in their_hits], abs=1e-5)


@pytest.mark.parametrize("expression", [None, "age >= 30 and open == true", "age in [20, 21]", "age > 90"])
@pytest.mark.parametrize("wanted", [1, 20, 1_000])
def test_the_hits_are_those_of_milvus_lite(segments, deleted, expression, wanted):
    compiled = compile_filter(expression, SCHEMA) if expression else None
    question = asked(segments, deleted, compiled_filter=compiled, top_k=wanted)
    ours = milvus_lite_search.search(**question)
    assert_same(ours, execute_search_with_index(**question))
    assert bool(ours[0]) is (expression != "age > 90")


def test_the_newest_rows_are_shown_and_no_deleted_ones(segments, deleted):
    [hits] = milvus_lite_search.search(**asked(segments, deleted, top_k=1_000))
    shown = {hit["id"] for hit in hits}
    assert len(shown) == len(hits) == 400 - 20  # p190 to p209; p210 and later were written anew after it
    ages = dict(zip(segments[1].pks, segments[1].table.column("age").to_pylist(), strict=True))
    assert all(hit["entity"]["age"] == ages[hit["id"]] for hit in hits if hit["id"] in ages)


def test_rows_that_are_not_flushed_yet_are_found(segments, deleted):
    memory = MemTable(SCHEMA)
    question = asked(segments, deleted, memtable=memory)
    row = {
        "_seq": [900],
        "_partition": ["_default"],
        "policy_id": ["new"],
        "embedding": [question["query_vectors"][0].tolist()],
        "age": [19],
        "open": [True],
    }
    memory.apply_insert(pa.RecordBatch.from_pydict(row, schema=build_wal_data_schema(SCHEMA)))
    [hits] = milvus_lite_search.search(**question)
    assert hits[0]["id"] == "new"


@pytest.mark.parametrize(
    "other",
    [
        {"query_vectors": np.eye(2, DIMENSIONS, dtype=np.float32)},
        {"metric_type": "L2"},
        {"partition_names": ["nowhere"]},
        {"segments": []},
    ],
)
def test_what_is_asked_otherwise_is_left_to_milvus_lite(segments, deleted, other):
    question = asked(segments, deleted) | other
    assert_same(milvus_lite_search.search(**question), execute_search_with_index(**question))


def test_a_row_is_what_milvus_lite_builds(segments):
    for number in range(4):
        row, true = milvus_lite_search.row(segments[0], number), segments[0].row_to_dict(number)
        assert list(row.pop("embedding")) == true.pop("embedding")
        assert row == true
        assert milvus_lite_search.row(segments[0], number, {"policy_id", "age"}) == {
            "policy_id": true["policy_id"],
            "age": true["age"],
        }


@pytest.mark.parametrize("api", ["search", "query", "get"])
@pytest.mark.parametrize("wanted", [None, ["policy_id"], ["age", "open"], ["*"], ["nothing"]])
@pytest.mark.parametrize("dynamic", [False, True])
def test_what_is_shown_of_a_row_is_what_milvus_lite_shows(segments, api, wanted, dynamic):
    schema = CollectionSchema(SCHEMA.fields, enable_dynamic_field=dynamic)
    record = milvus_lite_search.row(segments[0], 3) | ({"$meta": '{"nothing": 1}'} if dynamic else {})
    plan = build_projection_plan(wanted, schema, api_kind=api)
    assert milvus_lite_search.project(dict(record), schema, plan) == project_record(dict(record), schema, plan)
