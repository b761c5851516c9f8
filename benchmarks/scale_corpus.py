"""Any number of vectors with the limits of generated policies, made a block at a time, and what is nearest in truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from finq.policies.embedding import VECTOR_DIMENSIONS
from finq.policies.filters import PolicyFilter, verdict_if_passing
from finq.policies.model import Policy
from finq.policies.normalise import normalise
from finq_local.generate import REFERENCE_DAY, generate, generate_applicants

BLOCK = 10_000
_CLUSTERS = 500
_LATENT = 48  # dimensions in which vectors of one cluster differ: real texts fill few of the 1,024
_SPREAD = 0.8
_NOISE = 0.1
_SEED = 7

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Question:
    """A unit vector, and the filter of somebody made up."""

    vector: list[float]
    policy_filter: PolicyFilter


class ScaleCorpus:
    """Blocks of 10,000 unit vectors. The n-th vector of every block has the limits of the same policy."""

    def __init__(self) -> None:
        rng = np.random.default_rng(_SEED)
        self._centres = _unit(rng.standard_normal((_CLUSTERS, VECTOR_DIMENSIONS), dtype=np.float32))
        self._directions = _unit(rng.standard_normal((_LATENT, VECTOR_DIMENSIONS), dtype=np.float32))
        self.policies = [normalise(record) for record in islice(generate(BLOCK, seed=1), BLOCK)]

    def block(self, number: int) -> Vectors:
        """The vectors `number * BLOCK` and following, always the same."""
        return self._drawn(np.random.default_rng((_SEED, number)), BLOCK)

    def questions(self, count: int) -> list[Question]:
        """Always the same."""
        vectors = self._drawn(np.random.default_rng((_SEED, 1 << 40)), count)
        people = generate_applicants(count, seed=2)
        return [
            Question(vector.tolist(), PolicyFilter(REFERENCE_DAY, person))
            for vector, person in zip(vectors, people, strict=True)
        ]

    def _drawn(self, rng: np.random.Generator, count: int) -> Vectors:
        within = _unit(rng.standard_normal((count, _LATENT), dtype=np.float32)) @ self._directions
        noise = _unit(rng.standard_normal((count, VECTOR_DIMENSIONS), dtype=np.float32))
        centres = self._centres[rng.integers(_CLUSTERS, size=count)]
        return _unit(centres + _SPREAD * within + _NOISE * noise)


def policy_id(number: int) -> str:
    """Of the vector `number`."""
    return f"{number:012d}"


class Truth:
    """The nearest that pass, found by comparing each question with every vector."""

    def __init__(self, policies: Sequence[Policy], questions: Sequence[Question], most: int) -> None:
        self._questions = np.array([question.vector for question in questions], dtype=np.float32)
        self._passing = [
            np.array([n for n, policy in enumerate(policies) if verdict_if_passing(policy, question.policy_filter)])
            for question in questions
        ]
        self._most = most
        self._best: list[list[tuple[float, int]]] = [[] for _ in questions]

    @property
    def share_passing(self) -> float:
        """Mean over the questions."""
        return float(np.mean([len(passing) for passing in self._passing])) / BLOCK

    def add(self, number: int, vectors: Vectors) -> None:
        """Take the next block into account."""
        scores = self._questions @ vectors.T
        for best, row, passing in zip(self._best, scores, self._passing, strict=True):
            best += [(float(row[n]), number * BLOCK + int(n)) for n in passing]
            best.sort(reverse=True)
            del best[self._most :]

    def recall(self, found: Sequence[Sequence[str]]) -> float:
        """Of the true nearest of all questions, how many were found."""
        wanted = [{policy_id(number) for _, number in best} for best in self._best]
        hits = sum(len(true & set(ids)) for true, ids in zip(wanted, found, strict=True))
        return hits / sum(map(len, wanted))


def blocks(corpus: ScaleCorpus, vectors: int) -> Iterator[tuple[int, Vectors]]:
    """The first `vectors` of them, by number of the block."""
    for number in range(vectors // BLOCK):
        yield number, corpus.block(number)


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
