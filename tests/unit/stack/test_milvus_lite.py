import numpy as np
import pyarrow as pa
import pytest
from milvus_lite.exceptions import SchemaValidationError
from milvus_lite.index.brute_force import BruteForceIndex
from milvus_lite.schema.arrow_builder import build_wal_data_schema
from milvus_lite.schema.types import CollectionSchema, DataType, FieldSchema
from milvus_lite.storage.memtable import MemTable

from finq_local.stack import milvus_lite

ROWS, DIMENSIONS = 3_000, 32


@pytest.fixture(scope="module")
def vectors():
    drawn = np.random.default_rng(3).standard_normal((ROWS, DIMENSIONS)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def index(vectors):
    return BruteForceIndex.build(vectors, "COSINE")


def test_an_index_file_appears_whole(index, vectors, tmp_path):
    path = tmp_path / "embedding.idx"
    milvus_lite.save(index, str(path))
    assert [file.name for file in tmp_path.iterdir()] == ["embedding.idx"]
    ids, _ = BruteForceIndex.load(str(path), "COSINE", DIMENSIONS).search(vectors[:1], 1)
    assert ids[0, 0] == 0


@pytest.fixture(scope="module")
def schema():
    fields = [
        FieldSchema("policy_id", DataType.VARCHAR, is_primary=True, max_length=40),
        FieldSchema("embedding", DataType.FLOAT_VECTOR, dim=3),
        FieldSchema("open", DataType.BOOL, default_value=True),
    ]
    return CollectionSchema(fields)


def test_a_record_gets_its_defaults_and_keeps_its_vector(schema):
    vector = [0.1, 0.2, 0.3]
    record = {"policy_id": "a", "embedding": vector}
    milvus_lite.validate(record, schema)
    assert record == {"policy_id": "a", "embedding": vector, "open": True}
    assert record["embedding"] is vector


@pytest.mark.parametrize(
    "wrong",
    [
        {"embedding": [0.1, 0.2]},
        {"embedding": [0.1, 0.2, "0.3"]},
        {"embedding": [0.1, 0.2, True]},
        {"embedding": None},
        {"policy_id": "x" * 41},
        {"open": 1},
        {"closed": False},
    ],
)
def test_a_record_that_milvus_lite_refuses_is_refused(schema, wrong):
    record = {"policy_id": "a", "embedding": [0.1, 0.2, 0.3], "open": False, **wrong}
    with pytest.raises(SchemaValidationError):
        milvus_lite.validate(record, schema)


def test_a_flushed_table_is_what_milvus_lite_builds(schema):
    memory = MemTable(schema)
    columns = build_wal_data_schema(schema)
    for first in (0, 3):  # the second batch writes one of the first anew
        rows = [
            {"policy_id": str(number), "embedding": [number + first / 10] * 3} for number in range(first - 1, first + 3)
        ]
        batch = {
            "_seq": range(2 * first, 2 * first + len(rows)),
            "_partition": ["_default"] * len(rows),
            "policy_id": [row["policy_id"] for row in rows],
            "embedding": [row["embedding"] for row in rows],
            "open": [True, False, False, True],
        }
        memory.apply_insert(pa.RecordBatch.from_pydict(batch, schema=columns))
    for rows in ([(1, 0), (0, 1), (1, 3)], [(0, 2)], []):
        assert milvus_lite.data_table(memory, rows).equals(MemTable._build_data_table(memory, rows))
