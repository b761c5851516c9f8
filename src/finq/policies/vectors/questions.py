"""Questions are embedded by the model whose vectors are searched, not by the one that the settings name by now."""

import time
from collections.abc import Callable

from finq.database import Database
from finq.errors import ModelUnavailable
from finq.policies.embedding import Embedder, TitanEmbedder
from finq.policies.vectors import generations
from finq.policies.vectors.port import Generation, QueryVector
from finq.settings import EmbeddingSettings

_KEPT_SECONDS = 30.0  # much less than generations.GRACE


def titan_of(model_id: str) -> TitanEmbedder:
    """The embedder of a `TitanEmbedder.model_id`, which the settings need not name any more."""
    model, _, dimensions = model_id.rpartition("/")
    return TitanEmbedder(EmbeddingSettings.model_validate({"model_id": model, "dimensions": int(dimensions)}))


class QuestionEmbedder:
    """Embeds questions for the active generation.

    Args:
        database: where the generations are.
        embedder: of the settings; used where it is the active generation's, and before there is one.
        embedder_of: makes the embedder of another model id.
    """

    def __init__(
        self, database: Database, embedder: Embedder, embedder_of: Callable[[str], Embedder] = titan_of
    ) -> None:
        self._database = database
        self._configured = embedder
        self._embedder_of = embedder_of
        self._known: tuple[Generation, Embedder] | None = None
        self._known_until = 0.0

    def embed(self, text: str) -> QueryVector:
        """The question as a vector of the active generation.

        Raises:
            ModelUnavailable: the model is retired or denied.
            ServiceUnavailable: the model or PostgreSQL does not answer.
        """
        generation, embedder = self._active()
        try:
            return QueryVector(embedder.embed(text).vector, generation)
        except ModelUnavailable as error:
            if embedder is self._configured:
                raise
            raise ModelUnavailable(
                f"The policies are still indexed by {generation.model_id!r}, which Bedrock refuses, and the settings "
                f"name {self._configured.model_id!r}: run finkurn-load-policies to move to it. ({error})"
            ) from error

    def _active(self) -> tuple[Generation, Embedder]:
        # Wall-clock time, since a frozen Lambda's other clocks may stand still.
        if self._known is None or time.time() >= self._known_until:
            with self._database.transaction() as connection:
                generation = generations.active(connection) or Generation(self._configured.model_id)
            known = self._known
            if known is None or known[0].model_id != generation.model_id:
                embedder = self._embedder_for(generation.model_id)
            else:
                embedder = known[1]
            self._known = generation, embedder
            self._known_until = time.time() + _KEPT_SECONDS
        return self._known

    def _embedder_for(self, model_id: str) -> Embedder:
        return self._configured if model_id == self._configured.model_id else self._embedder_of(model_id)
