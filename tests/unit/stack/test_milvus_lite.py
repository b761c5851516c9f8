import numpy as np
import pyarrow as pa
import pytest
from milvus_lite.index.faiss_hnsw import FaissHnswIndex
from milvus_lite.storage.segment import Segment

from finq_local.stack import milvus_lite

ROWS, DIMENSIONS = 3_000, 32


@pytest.fixture(scope="module")
def vectors():
    drawn = np.random.default_rng(3).standard_normal((ROWS, DIMENSIONS)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def index(vectors):
    return FaissHnswIndex.build(vectors, "COSINE", {"M": 16, "efConstruction": 40})


@pytest.mark.parametrize("passing", [0, 3, 40, 900, ROWS])
def test_a_filtered_search_is_exact_however_few_pass(index, vectors, passing):
    rows = np.sort(np.random.default_rng(passing).choice(ROWS, passing, replace=False))
    mask = np.zeros(ROWS, dtype=bool)
    mask[rows] = True
    queries = 2 * vectors[:5] + vectors[5:10]
    ids, distances = milvus_lite.search(index, queries, 20, mask)
    unit = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    for query, found, distance in zip(unit, ids, distances, strict=True):
        true = 1 - vectors[rows] @ query
        nearest = np.argsort(true)[:20]
        assert list(found) == [*rows[nearest], *[-1] * (20 - len(nearest))]
        assert np.allclose(distance[: len(nearest)], true[nearest], atol=1e-5)
        assert np.isinf(distance[len(nearest) :]).all()


def test_an_index_file_appears_whole(index, vectors, tmp_path):
    path = tmp_path / "embedding.idx"
    milvus_lite.save(index, str(path))
    assert [file.name for file in tmp_path.iterdir()] == ["embedding.idx"]
    ids, _ = FaissHnswIndex.load(str(path), "COSINE", DIMENSIONS).search(vectors[:1], 1)
    assert ids[0, 0] == 0


def test_a_row_is_what_milvus_lite_builds(vectors):
    table = pa.table(
        {
            "_seq": pa.array(range(4), pa.uint64()),
            "policy_id": ["a", "b", "c", "d"],
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors[:4].ravel()), DIMENSIONS),
            "open": [True, False, None, True],
        }
    )
    segment = Segment("file", "_default", "policy_id", "embedding", list("abcd"), np.arange(4), vectors[:4], table)
    for number in range(4):
        row, true = milvus_lite.row(segment, number), segment.row_to_dict(number)
        assert list(row.pop("embedding")) == true.pop("embedding")
        assert row == true
