"""The ways to search that are compared. Only `final` is the product; the others are kept here to measure against.

Each gives what passes the filter, best first; `exact` is the same scoring without any short cut, over every policy.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from finq.policies.embedding import query_text
from finq.policies.filters import PolicyFilter, verdict_if_passing
from finq.policies.model import Policy
from finq.policies.ranking import Candidate, ranked
from finq.policies.search import CANDIDATES, PolicySearch
from finq.policies.understanding import understand
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import Match, QueryVector
from finq_local.evaluation.corpus import Corpus, TimedEmbedder
from finq_local.evaluation.lexical import LexicalIndex

NAMES = ("dense", "lexical", "fused", "fused + rerank", "final", "post-filter")
ANSWERED = 5  # policies in an answer
_FUSED_DEPTH = 100
_FUSED_CONSTANT = 60  # of reciprocal rank fusion, as its authors set it
_SUPPORT_CHARACTERS = 300


@dataclass(frozen=True)
class Ranked:
    """A policy and what it scored; scores of different configurations do not compare."""

    policy_id: str
    score: float


Rank = Callable[[str, PolicyFilter, int], list[Ranked]]


@dataclass(frozen=True)
class Configuration:
    """A named way to search: `rank(question, filter, limit)`."""

    name: str
    about: str
    rank: Rank
    exact: Rank


class Baselines:
    """Configurations in memory: each looks at every policy, so nothing is lost but by its scores."""

    def __init__(self, corpus: Corpus, embedder: TimedEmbedder) -> None:
        self._corpus = corpus
        self._embedder = embedder
        self._ids = sorted(corpus.policies)

    def dense(self, question: str, policy_filter: PolicyFilter, limit: int) -> list[Ranked]:
        """One vector a policy, compared with the question's."""
        return list(islice(self._passing(self._by_vector(question), policy_filter), limit))

    def lexical(self, question: str, policy_filter: PolicyFilter, limit: int) -> list[Ranked]:
        """Words in common."""
        return list(islice(self._passing(self._by_words(question), policy_filter), limit))

    def fused(self, question: str, policy_filter: PolicyFilter, limit: int) -> list[Ranked]:
        """Reciprocal rank fusion of the two."""
        scores: dict[str, float] = {}
        for rank in (self.dense, self.lexical):
            for place, item in enumerate(rank(question, policy_filter, max(limit, _FUSED_DEPTH)), start=1):
                scores[item.policy_id] = scores.get(item.policy_id, 0.0) + 1 / (_FUSED_CONSTANT + place)
        return _best_first(scores)[:limit]

    def reranked(self, question: str, policy_filter: PolicyFilter, limit: int) -> list[Ranked]:
        """The best of the fusion, put in order as the product orders its candidates."""
        vector = self._vector(question)
        candidates = []
        for item in self.fused(question, policy_filter, max(limit, CANDIDATES)):
            policy = self._corpus.policies[item.policy_id]
            similarity = float(self._matrix[self._ids.index(policy.id)] @ vector)
            words = (
                policy.name,
                policy.name,
                policy.summary,
                policy.support,
                *policy.keywords,
                policy.extra_conditions,
            )
            place = policy.nationwide, policy.local_to, policy.region_codes
            candidates.append(Candidate(policy.id, similarity, " ".join(words).lower(), *place))
        home = policy_filter.applicant.region_code
        stated = understand(question, policy_filter.today)
        ordered = ranked(stated.topic, candidates, [*([home] if home else []), *stated.places_asked_about])
        return [Ranked(policy_id, score) for policy_id, score in ordered[:limit]]

    def post_filter(self, question: str, policy_filter: PolicyFilter, limit: int) -> list[Ranked]:
        """The original design: the five nearest of all, and then those of them that pass."""
        return list(self._passing(self._by_vector(question)[:ANSWERED], policy_filter))[:limit]

    def _passing(self, ranked: Sequence[Ranked], policy_filter: PolicyFilter) -> Iterator[Ranked]:
        policies = self._corpus.policies
        return (item for item in ranked if verdict_if_passing(policies[item.policy_id], policy_filter))

    def _by_vector(self, question: str) -> list[Ranked]:
        scores = self._matrix @ self._vector(question)
        return _best_first({policy_id: float(score) for policy_id, score in zip(self._ids, scores, strict=True)})

    def _vector(self, question: str) -> NDArray[np.float32]:
        return np.array(self._embedder.embed(query_text(question)).vector, dtype=np.float32)

    def _by_words(self, question: str) -> list[Ranked]:
        return _best_first(self._index.scores(question))

    @cached_property
    def _matrix(self) -> NDArray[np.float32]:
        texts = [plain_text(self._corpus.policies[policy_id]) for policy_id in self._ids]
        return np.array([item.vector for item in self._corpus.embed_all(texts)], dtype=np.float32)

    @cached_property
    def _index(self) -> LexicalIndex:
        return LexicalIndex({policy_id: plain_text(policy) for policy_id, policy in self._corpus.policies.items()})


class ExactStore:
    """A vector store that compares the question with every vector it was given and applies the rule itself."""

    def __init__(self, corpus: Corpus) -> None:
        self._policies = corpus.policies
        self._ids = sorted(corpus.policies)
        stored = PgVectorStore(corpus.database).embeddings(corpus.embedder.model_id, self._ids)
        self._matrix = np.array([stored[policy_id] for policy_id in self._ids], dtype=np.float32)

    def search(self, query: QueryVector, policy_filter: PolicyFilter, limit: int) -> list[Match]:
        """See `VectorStore`."""
        scores = self._matrix @ np.array(query.values, dtype=np.float32)
        ordered = _best_first({policy_id: float(score) for policy_id, score in zip(self._ids, scores, strict=True)})
        passing = (item for item in ordered if verdict_if_passing(self._policies[item.policy_id], policy_filter))
        return [Match(item.policy_id, item.score) for item in islice(passing, limit)]


def build(corpus: Corpus, names: Sequence[str], embedder: TimedEmbedder) -> list[Configuration]:
    """The configurations of these names, `final` once for each store of the corpus."""
    plain = Baselines(corpus, embedder)
    about = {
        "dense": ("one vector a policy (name, keywords, summary, start of the support text)", plain.dense, plain.dense),
        "lexical": ("BM25 over pairs of letters of the same text", plain.lexical, plain.lexical),
        "fused": ("reciprocal rank fusion of dense and lexical", plain.fused, plain.fused),
        "fused + rerank": ("the fused, ordered as FinQ orders its candidates", plain.reranked, plain.reranked),
        "post-filter": ("the five nearest of all, then eligibility", plain.post_filter, plain.dense),
    }
    built: list[Configuration] = []
    for name in names:
        if name == "final":
            built += _final(corpus, embedder)
        else:
            built.append(Configuration(name, *about[name]))
    return built


def plain_text(policy: Policy) -> str:
    """Of at least two lines, as every text that is embedded as a passage."""
    lines = (policy.name, " ".join(policy.keywords), policy.summary, policy.support[:_SUPPORT_CHARACTERS])
    return "\n".join(line for line in lines if line) + "\n"


def _final(corpus: Corpus, embedder: TimedEmbedder) -> Iterator[Configuration]:
    exact = cache(_searching(PolicySearch(ExactStore(corpus), corpus.database, embedder)))  # the same for each store
    for name, store in corpus.stores.items():
        rank = _searching(PolicySearch(store, corpus.database, embedder))
        yield Configuration(f"final ({name})", f"what FinQ does, in {name}", rank, exact)


def _searching(search: PolicySearch) -> Rank:
    def rank(question: str, policy_filter: PolicyFilter, limit: int) -> list[Ranked]:
        scores = {}
        places = understand(question, policy_filter.today).places_asked_about
        for hit in search.search(question, policy_filter, limit, places=places):
            scores[hit.policy.id] = hit.score
            scores |= {other.policy_id: other.score for other in hit.similar}
        return _best_first(scores)

    return rank


def _best_first(scores: dict[str, float]) -> list[Ranked]:
    return [
        Ranked(policy_id, score) for policy_id, score in sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    ]
