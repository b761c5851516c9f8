"""What FinQ asks of a vector store. Milvus and pgvector are the two implementations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from finq.policies.filters import PolicyFilter
from finq.policies.model import Policy


@dataclass(frozen=True)
class VectorEntry:
    """A policy with the embedding of its text (unit length, `VECTOR_DIMENSIONS` floats).

    Attributes:
        text_hash: of the embedded text.
        limits_hash: of the fields that filters look at.
        model_id: what embedded the text.
    """

    policy: Policy
    embedding: Sequence[float]
    text_hash: str
    limits_hash: str
    model_id: str

    @property
    def version(self) -> str:
        """Changes whenever the entry must be written again."""
        return entry_version(self.text_hash, self.limits_hash, self.model_id)


def entry_version(text_hash: str, limits_hash: str, model_id: str) -> str:
    """What a stored entry was made of, in one string."""
    return f"{text_hash}:{limits_hash}:{model_id}"


@dataclass(frozen=True)
class Generation:
    """The vectors of one model, as far as they are ready to be searched.

    Attributes:
        model_id: model and dimensions; pgvector keeps its vectors under this name.
        collection: Milvus collection that holds all of them; "" where only pgvector does.
    """

    model_id: str
    collection: str = ""


@dataclass(frozen=True)
class QueryVector:
    """A question as a unit vector of `VECTOR_DIMENSIONS`, and the only generation it may be compared with."""

    values: Sequence[float]
    generation: Generation


@dataclass(frozen=True)
class Match:
    """A policy id with its cosine similarity to the query, -1 to 1."""

    policy_id: str
    score: float


class VectorStore(Protocol):
    """Filters inside the search, never after it."""

    def search(self, query: QueryVector, policy_filter: PolicyFilter, limit: int) -> list[Match]:
        """Nearest policies that may pass the filter, best first, at most `limit`.

        An implementation whose filter is coarser than the rule may return policies that do not pass, but
        never leaves out one that does; the caller checks each against PostgreSQL.

        Raises:
            VectorStoreUnavailable: the store does not answer, or does not hold the generation.
        """
        ...


class VectorStoreUnavailable(Exception):
    """The store cannot be reached or failed to answer."""
