"""Search by meaning among the policies that one person may get."""

from collections.abc import Sequence
from dataclasses import dataclass

from finq.database import Database
from finq.errors import ServiceUnavailable
from finq.policies import repository
from finq.policies.eligibility import Verdict
from finq.policies.embedding import Embedder, query_text
from finq.policies.filters import PolicyFilter, verdict_if_passing
from finq.policies.model import Policy
from finq.policies.vectors.port import Match, QueryVector, VectorStore, VectorStoreUnavailable
from finq.policies.vectors.questions import QuestionEmbedder

_SPARE = 3  # asked for beyond what is wanted: enough for nearly every search, and each costs a store half a millisecond


@dataclass(frozen=True)
class Hit:
    """A policy that passes the filter. `score` is the cosine similarity to the question, -1 to 1."""

    policy: Policy
    score: float
    verdict: Verdict


class PolicySearch:
    """The store proposes, PostgreSQL and the rule decide."""

    def __init__(self, store: VectorStore, database: Database, embedder: Embedder) -> None:
        self._store = store
        self._database = database
        self._questions = QuestionEmbedder(database, embedder)

    def search(self, text: str, policy_filter: PolicyFilter, limit: int = 5) -> list[Hit]:
        """The policies nearest to `text` among those that pass, best first: `limit` of them if there are so many.

        Raises:
            ModelUnavailable: the embedding model is retired or denied.
            ServiceUnavailable: the model, PostgreSQL or every vector store does not answer.
        """
        return self.nearest(self.embed(text), policy_filter, limit)

    def embed(self, text: str) -> QueryVector:
        """The question as a vector of the index that is active now, for more than one `nearest`.

        Raises:
            ModelUnavailable: the embedding model is retired or denied.
            ServiceUnavailable: the model or PostgreSQL does not answer.
        """
        return self._questions.embed(query_text(text))

    def nearest(self, query: QueryVector, policy_filter: PolicyFilter, limit: int = 5) -> list[Hit]:
        """The same for a question that is embedded already.

        Raises:
            ServiceUnavailable: PostgreSQL or every vector store does not answer.
        """
        hits: list[Hit] = []
        seen: set[str] = set()
        asked = limit + _SPARE
        while True:
            try:
                matches = self._store.search(query, policy_filter, asked)
            except VectorStoreUnavailable as error:
                raise ServiceUnavailable from error
            fresh = [match for match in matches if match.policy_id not in seen]
            seen.update(match.policy_id for match in fresh)
            # Nearly all pass, so no more are read than are missing.
            while fresh and len(hits) < limit:
                missing = limit - len(hits)
                hits += self._passing(fresh[:missing], policy_filter)
                fresh = fresh[missing:]
            if len(hits) >= limit or len(matches) < asked:
                hits.sort(key=lambda hit: (-hit.score, hit.policy.id))
                return hits[:limit]
            asked *= 2

    def _passing(self, matches: Sequence[Match], policy_filter: PolicyFilter) -> list[Hit]:
        with self._database.transaction() as connection:
            policies = repository.get_many(connection, [match.policy_id for match in matches])
        hits = []
        for match in matches:
            policy = policies.get(match.policy_id)
            verdict = policy and verdict_if_passing(policy, policy_filter)
            if policy and verdict:
                hits.append(Hit(policy, match.score, verdict))
        return hits
