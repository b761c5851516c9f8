import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from milvus_lite.schema.types import CollectionSchema, DataType, FieldSchema
from milvus_lite.search.filter import compile_filter
from milvus_lite.search.indexed_filter import evaluate_segment_filter
from milvus_lite.storage.segment import Segment

from finq_local.stack import milvus_lite_filter

SCHEMA = CollectionSchema(
    [
        FieldSchema("policy_id", DataType.VARCHAR, is_primary=True, max_length=40),
        FieldSchema("embedding", DataType.FLOAT_VECTOR, dim=2),
        FieldSchema("age", DataType.INT32),
        FieldSchema("day", DataType.INT64),
        FieldSchema("open", DataType.BOOL),
        FieldSchema("told", DataType.INT32, nullable=True),
        FieldSchema("share", DataType.DOUBLE),
    ]
)


@pytest.fixture(scope="module")
def segment():
    random, rows = np.random.default_rng(3), 200
    keys = [f"p{number}" for number in range(rows)]
    writes, vectors = np.arange(rows, dtype=np.uint64), random.standard_normal((rows, 2)).astype(np.float32)
    table = pa.table(
        {
            "_seq": pa.array(writes),
            "policy_id": keys,
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 2),
            "age": pa.array(random.integers(15, 40, rows), pa.int32()),
            "day": pa.array(random.integers(0, 2**40, rows)),
            "open": pa.array(random.random(rows) < 0.5),
            "told": pa.array([None if number % 3 else number for number in range(rows)], pa.int32()),
            "share": pa.array(random.random(rows)),
        }
    )
    return Segment("file", "_default", "policy_id", "embedding", keys, writes, vectors, table)


def both(segment, expression):
    """Rows by this filter and by Milvus Lite's."""
    compiled = compile_filter(expression, SCHEMA)
    ours = milvus_lite_filter.passing(segment, compiled, None)
    return ours.tolist(), np.flatnonzero(evaluate_segment_filter(segment, compiled, None)).tolist()


ORDERS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
AGES = st.integers(10, 45)
COMPARISONS = st.one_of(
    st.builds("age {} {}".format, ORDERS, AGES),
    st.builds("day {} {}".format, ORDERS, st.integers(-(2**62), 2**62)),
    st.builds("age {} {}".format, ORDERS, st.integers(2**31, 2**40)),  # more than the column holds
    st.builds("open {} {}".format, st.sampled_from(["==", "!="]), st.sampled_from(["true", "false"])),
    st.builds("age {} {}".format, st.sampled_from(["in", "not in"]), st.lists(AGES, min_size=1, max_size=5)),
    st.builds("told {} {}".format, ORDERS, AGES),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda parts: st.builds(
        lambda word, chosen: f"({f' {word} '.join(chosen)})",
        st.sampled_from(["and", "or"]),
        st.lists(parts, min_size=2, max_size=4),
    ),
    max_leaves=6,
)


@given(expression=FILTERS)
def test_the_rows_are_those_of_milvus_lite(segment, expression):
    ours, theirs = both(segment, expression)
    assert ours == theirs


@pytest.mark.parametrize(
    "expression", ["policy_id == 'p7'", "not (age > 20)", "share < 0.5 and age > 20", "age + 1 > 30"]
)
def test_other_filters_are_left_to_milvus_lite(segment, expression):
    ours, theirs = both(segment, expression)
    assert ours == theirs
    assert 0 < len(ours) < segment.num_rows


def test_without_a_filter_every_row_passes(segment):
    assert milvus_lite_filter.passing(segment, None, None).tolist() == list(range(segment.num_rows))
