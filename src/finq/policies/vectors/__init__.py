"""Vector stores: Milvus by default, pgvector always filled and ready to answer in its place."""

from finq.database import Database
from finq.policies.vectors.fallback import FallbackStore
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import VectorStore
from finq.settings import VectorSettings


def open_store(settings: VectorSettings, database: Database) -> VectorStore:
    """The store to search, as configured. Connects on first use."""
    pgvector = PgVectorStore(database)
    milvus = open_milvus(settings)
    return FallbackStore(milvus, pgvector) if milvus else pgvector


def open_milvus(settings: VectorSettings) -> MilvusStore | None:
    """Milvus, or None where the settings do without it."""
    if settings.store != "milvus" or not settings.milvus_uri:
        return None
    return MilvusStore(settings)
