"""Brings `policy_vectors` up to what `youth_policies` says it should hold, whatever an earlier run left undone."""

from collections.abc import Callable, Iterator, Sequence

from finq.database import Database
from finq.policies import repository
from finq.policies.embedding import Embedder, embed_all, embedded_text
from finq.policies.etl.report import Report
from finq.policies.rows import Hashes
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import VectorEntry

_BATCH = 200


class PolicyEmbedder:
    """Embeds into pgvector the policies whose text changed."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder
        self._pgvector = PgVectorStore(database)

    @property
    def model_id(self) -> str:
        """Of the vectors it makes."""
        return self._embedder.model_id

    def bring_up_to_date(self, wanted: dict[str, Hashes], report: Report, progress: Callable[[], None]) -> None:
        """Embed what is missing or stale of `wanted` (by policy id); `progress` is called after each batch.

        Raises:
            ModelUnavailable, ServiceUnavailable: what was embedded so far is kept.
        """
        report.stage = "embedding"
        model_id = self._embedder.model_id
        stored = self._pgvector.text_hashes(model_id)
        stale = [policy_id for policy_id, hashes in wanted.items() if stored.get(policy_id) != hashes.text]
        if len(stale) > len(stored):
            self._pgvector.drop_index(model_id)
        for ids in _batches(stale):
            with self._database.transaction() as connection:
                policies = list(repository.get_many(connection, ids).values())
            made = list(embed_all(self._embedder, [embedded_text(policy) for policy in policies]))
            self._pgvector.upsert(
                [
                    VectorEntry(policy, item.vector, wanted[policy.id].text, wanted[policy.id].limits, model_id)
                    for policy, item in zip(policies, made, strict=True)
                ]
            )
            report.embedded += len(made)
            report.tokens += sum(item.tokens for item in made)
            progress()
        # Also when an earlier run was cut off between the two.
        self._pgvector.ensure_index(model_id)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
