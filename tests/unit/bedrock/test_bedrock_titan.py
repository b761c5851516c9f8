"""Sizing vectors, and telling queries from passages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq_local.bedrock.embeddings.cache import CachedEmbedder
from finq_local.bedrock.embeddings.e5 import is_passage
from finq_local.bedrock.embeddings.port import Embedding
from finq_local.bedrock.embeddings.titan import fit

vectors = st.integers(0, 2**32).map(lambda seed: np.random.default_rng(seed).normal(size=384).astype(np.float32))


@given(vectors, vectors, st.sampled_from([512, 1024]))
def test_padding_keeps_cosines(one, other, dimensions):
    cosine = one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
    assert fit(one, dimensions) @ fit(other, dimensions) == pytest.approx(cosine, abs=1e-5)


@given(vectors)
def test_cutting_off_gives_unit_length(vector):
    fitted = fit(vector, 256)
    assert fitted.shape == (256,)
    assert np.linalg.norm(fitted) == pytest.approx(1, abs=1e-5)


def test_a_line_break_makes_a_passage():
    assert is_passage("청년내일저축계좌\n저축을 돕는다")
    assert not is_passage("청년 적금 추천\n")


class CountingEmbedder:
    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def embed(self, text: str) -> Embedding:
        self.asked.append(text)
        return Embedding(np.array([len(text), 1.5], np.float32), len(text))


async def test_texts_met_before_are_not_embedded_again(tmp_path):
    inner = CountingEmbedder()
    first = CachedEmbedder(inner, tmp_path)
    made = await first.embed("가나다")
    assert (await first.embed("가나다")).tokens == 3

    found = await CachedEmbedder(inner, tmp_path).embed("가나다")  # another process
    assert found.tokens == made.tokens and np.array_equal(found.vector, made.vector)
    assert inner.asked == ["가나다"]

    other = CountingEmbedder()
    other.name = "another model"
    await CachedEmbedder(other, tmp_path).embed("가나다")
    assert other.asked == ["가나다"]
