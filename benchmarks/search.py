"""Filtered search over 4,000 policies, the query embedded already; against a search that looks at every policy."""

import gc
from collections.abc import Iterator, Sequence
from itertools import islice
from time import perf_counter

import numpy as np

import finq.functions  # noqa: F401 -- garbage is collected as rarely as in a function
from benchmarks.components import InstantEmbedder, await_hand_over, components
from benchmarks.figures import Figure, p50, p99
from finq.policies import repository
from finq.policies.embedding import embedded_text
from finq.policies.etl.embed import PolicyEmbedder
from finq.policies.etl.index import PolicyIndex
from finq.policies.etl.report import Report
from finq.policies.filters import PolicyFilter, verdict_if_passing
from finq.policies.model import Policy
from finq.policies.normalise import normalise
from finq.policies.search import PolicySearch, Query
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import Match, QueryVector
from finq_local.generate import REFERENCE_DAY, generate, generate_applicants, generate_questions

POLICIES = 4_000
APPLICANTS = 300
SEED = 1
_WARM_UP = 10  # what a function has once it has answered: a connection, and its statements prepared


class EveryPolicy:
    """A store without an index: it compares the question with each policy and applies the rule itself."""

    def __init__(self, policies: Sequence[Policy], embedder: InstantEmbedder) -> None:
        self._policies = policies
        self._matrix = np.array([embedder.embed(embedded_text(policy)).vector for policy in policies], dtype=np.float32)

    def search(self, query: QueryVector, policy_filter: PolicyFilter, limit: int) -> list[Match]:
        """See `VectorStore`."""
        scores = self._matrix @ np.array(query.values, dtype=np.float32)
        passing = (i for i in np.argsort(-scores) if verdict_if_passing(self._policies[i], policy_filter))
        return [Match(self._policies[i].id, float(scores[i])) for i in islice(passing, limit)]


def run() -> Iterator[Figure]:
    """p50 and p99 by store, and recall@5 of eligible policies; first the p50 of looking at every policy."""
    embedder = InstantEmbedder()
    policies = [normalise(record) for record in islice(generate(POLICIES, SEED), POLICIES)]
    every = EveryPolicy(policies, embedder)
    with components() as parts:
        database, milvus = parts.database(), parts.milvus()
        for start in range(0, POLICIES, 500):
            with database.transaction() as connection:
                repository.upsert(connection, policies[start : start + 500])
        with PolicyEmbedder(database, embedder, Report(), lambda: None) as vectors:
            vectors.finish()
        PolicyIndex(database, milvus, embedder.model_id).bring_up_to_date(Report(), lambda: None)
        await_hand_over(milvus.generation(embedder.model_id).collection, POLICIES)
        exhaustive = PolicySearch(every, database, embedder)
        people = zip(generate_applicants(APPLICANTS, SEED), generate_questions(APPLICANTS, SEED), strict=True)
        asked = [(exhaustive.embed(question.text), PolicyFilter(REFERENCE_DAY, person)) for person, question in people]
        gc.freeze()  # what is here is the benchmark's: a function would not stop to go through it
        seconds, best = _answers(exhaustive, asked)
        yield Figure("search.every_policy.p50", p50(seconds) * 1000, "ms")
        for name, store in (("milvus", milvus), ("pgvector", PgVectorStore(database))):
            search = PolicySearch(store, database, embedder)
            _answers(search, asked[-_WARM_UP:])
            seconds, found = _answers(search, asked)
            yield Figure(f"search.{name}.p50", p50(seconds) * 1000, "ms")
            yield Figure(f"search.{name}.p99", p99(seconds) * 1000, "ms", bar=20)
            recall = sum(len(got & true) for got, true in zip(found, best, strict=True)) / sum(map(len, best))
            yield Figure(f"search.{name}.eligible_recall_at_5", recall, "ratio", bar=1.0, at_least=True)


def _answers(search: PolicySearch, asked: Sequence[tuple[Query, PolicyFilter]]) -> tuple[list[float], list[set[str]]]:
    """Seconds, and ids of the best five, by question."""
    seconds, found = [], []
    for query, policy_filter in asked:
        began = perf_counter()
        hits = search.nearest(query, policy_filter, limit=5)
        seconds.append(perf_counter() - began)
        found.append({hit.policy.id for hit in hits})
    return seconds, found
