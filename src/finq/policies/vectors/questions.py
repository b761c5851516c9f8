"""Questions are embedded by the model whose vectors are searched, not by the one that the settings name by now."""

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from finq.database import Connection, Database
from finq.errors import ModelUnavailable
from finq.policies.embedding import Embedder, TitanEmbedder
from finq.policies.vectors import generations, question_means
from finq.policies.vectors.port import Generation, QueryVector
from finq.settings import EmbeddingSettings

_MOST_TEXTS = 2
_KEPT_SECONDS = 30.0  # much less than generations.GRACE
_IN_COMMON = 0.35  # of the mean question that is taken away; 0.2 to 0.5 find the same, see docs/evaluation.md


@dataclass(frozen=True)
class _Active:
    generation: Generation
    embedder: Embedder
    mean: Sequence[float] | None  # of typical questions


def titan_of(model_id: str) -> TitanEmbedder:
    """The embedder of a `TitanEmbedder.model_id`, which the settings need not name any more."""
    model, _, dimensions = model_id.rpartition("/")
    return TitanEmbedder(EmbeddingSettings.model_validate({"model_id": model, "dimensions": int(dimensions)}))


def embedder_for(model_id: str, configured: Embedder) -> Embedder:
    """The embedder of a model id: the one of the settings, if it is of that model."""
    return configured if configured.model_id == model_id else titan_of(model_id)


class QuestionEmbedder:
    """Embeds questions for the active generation.

    Args:
        database: where the generations are.
        embedder: of the settings; used where it is the active generation's, and before there is one.
    """

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._configured = embedder
        self._known: _Active | None = None
        self._known_until = 0.0
        self._pool = ThreadPoolExecutor(_MOST_TEXTS, thread_name_prefix="embed-question")

    def embed(self, *texts: str, weights: Sequence[float] = (1.0,)) -> QueryVector:
        """The question as a unit vector of the active generation: of several texts, their weighted mean.

        Texts are embedded at the same time. Part of what all questions have in common is taken away.

        Raises:
            ModelUnavailable: the model is retired or denied.
            ServiceUnavailable: the model or PostgreSQL does not answer.
        """
        active = self._active()
        try:
            vectors = [embedding.vector for embedding in self._pool.map(active.embedder.embed, texts)]
        except ModelUnavailable as error:
            if active.embedder is self._configured:
                raise
            raise ModelUnavailable(
                f"The policies are still indexed by {active.generation.model_id!r}, which Bedrock refuses, and the "
                f"settings name {self._configured.model_id!r}: run finkurn-load-policies to move to it. ({error})"
            ) from error
        vector = _sum(vectors, weights) if len(vectors) > 1 else vectors[0]
        if active.mean:
            vector = _sum((vector, active.mean), (1.0, -_IN_COMMON))
        return QueryVector(vector, active.generation)

    def _active(self) -> _Active:
        # Wall-clock time, since a frozen Lambda's other clocks may stand still.
        if self._known is None or time.time() >= self._known_until:
            generation, mean = self._database.read(self._read)
            known = self._known
            same = known is not None and known.generation.model_id == generation.model_id
            embedder = known.embedder if known and same else embedder_for(generation.model_id, self._configured)
            self._known = _Active(generation, embedder, mean)
            self._known_until = time.time() + _KEPT_SECONDS
        return self._known

    def _read(self, connection: Connection) -> tuple[Generation, Sequence[float] | None]:
        generation = generations.active(connection) or Generation(self._configured.model_id)
        return generation, question_means.mean(connection, generation.model_id)


def _sum(vectors: Sequence[Sequence[float]], weights: Sequence[float]) -> Sequence[float]:
    """The weighted sum, of unit length."""
    total = [sum(map(float.__mul__, parts, weights)) for parts in zip(*vectors, strict=True)]
    length = math.hypot(*total) or 1.0
    return [part / length for part in total]
