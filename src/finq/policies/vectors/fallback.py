"""Two stores as one to search in: the second answers where the first cannot."""

from collections.abc import Sequence

from finq.observability import logger
from finq.policies.filters import PolicyFilter
from finq.policies.vectors.port import Match, QueryVector, VectorStore, VectorStoreUnavailable


class FallbackStore:
    """Searches `primary`, or else `secondary`. Writing is the loader's business: it keeps each store by itself."""

    def __init__(self, primary: VectorStore, secondary: VectorStore) -> None:
        self._primary = primary
        self._secondary = secondary

    def search(self, query: QueryVector, policy_filter: PolicyFilter, limit: int) -> list[Match]:
        """See `VectorStore.search`. The answer does not tell who gave it; the log does.

        Raises:
            VectorStoreUnavailable: neither store answers.
        """
        try:
            matches = self._primary.search(query, policy_filter, limit)
        except VectorStoreUnavailable as error:
            logger.warning("vector search falls back", reason=str(error))
            return self._secondary.search(query, policy_filter, limit)
        if len(matches) == limit:
            return matches
        # Either that is all there is, or the primary has not caught up with the last load: the second knows.
        return self._merged(matches, self._secondary.search(query, policy_filter, limit), limit)

    @staticmethod
    def _merged(first: Sequence[Match], second: Sequence[Match], limit: int) -> list[Match]:
        scores = {match.policy_id: match.score for match in (*first, *second)}
        ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        return [Match(policy_id, score) for policy_id, score in ordered[:limit]]
