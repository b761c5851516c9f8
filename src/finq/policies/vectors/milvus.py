"""Milvus: exact cosine similarity, a collection for each generation, and an alias that names the active one."""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from finq.observability import logger
from finq.policies import codes
from finq.policies.filters import PolicyFilter
from finq.policies.vectors import milvus_rows
from finq.policies.vectors.milvus_collection import INDEX_TYPE, MilvusCollection
from finq.policies.vectors.milvus_connection import WRITE_SECONDS, MilvusConnection
from finq.policies.vectors.port import Generation, Match, QueryVector, VectorStoreUnavailable
from finq.settings import VectorSettings

_SEARCH_SECONDS = 0.9
_PATIENCE_SECONDS = 10.0
_ALIAS_EXISTS = 1602  # Milvus' code
_NOT_LOADED = 101  # Milvus' code for a collection that is not in memory
_HASH_CHARACTERS = 12


class MilvusStore:
    """The collections below one alias. Searches go to the generation's collection, not through the alias, so that
    a question never meets vectors of another model; the alias is for people and other programs."""

    def __init__(self, settings: VectorSettings) -> None:
        self._alias = settings.milvus_collection
        self._connection = MilvusConnection(settings)

    def search(self, query: QueryVector, policy_filter: PolicyFilter, limit: int) -> list[Match]:
        """Nearest policies, best first; may include a few that the exact rule keeps out.

        Raises:
            VectorStoreUnavailable: Milvus does not hold the generation in rows that this code reads, did not answer
                in time now, or failed within the last 30 s.
        """
        generation = query.generation
        if generation.collection != self.generation(generation.model_id).collection:
            raise VectorStoreUnavailable("Milvus does not hold this generation yet")
        if self._connection.resting:
            raise VectorStoreUnavailable("Milvus failed a moment ago")
        with self._connection.failures():
            try:
                return self._search(query, policy_filter, limit)
            except Exception as error:
                # Milvus Lite comes back from a restart with its collections on disk only.
                if getattr(error, "code", None) != _NOT_LOADED:
                    raise
                self._connection.client().load_collection(generation.collection, timeout=WRITE_SECONDS)
                return self._search(query, policy_filter, limit)

    def _search(self, query: QueryVector, policy_filter: PolicyFilter, limit: int) -> list[Match]:
        found = self._connection.client().search(
            query.generation.collection,
            data=[list(query.values)],
            anns_field="embedding",
            filter=milvus_rows.expression(policy_filter),
            limit=limit,
            output_fields=["policy_id"],  # else Milvus Lite sends everything, the vectors too
            search_params={"metric_type": "COSINE"},
            # Waiting for the newest write costs a quarter of a second; `MilvusCollection.settle` has waited for it.
            consistency_level="Eventually",
            timeout=_SEARCH_SECONDS,
        )
        return [Match(*hit) for hit in zip(found[0].ids, found[0].distances, strict=True)]

    def generation(self, model_id: str) -> Generation:
        """What holds the vectors of `model_id`, in rows and with an index as this code writes and searches them."""
        digest = hashlib.sha256(f"{model_id}\n{INDEX_TYPE}\n{_rows_hash()}".encode()).hexdigest()
        return Generation(model_id, f"{self._alias}_{digest[:_HASH_CHARACTERS]}")

    def collection(self, name: str) -> MilvusCollection:
        """To write to."""
        return MilvusCollection(self._connection, name)

    def reconnect(self) -> None:
        """Connect anew, with the patience of one who writes: the connection may have died since it was last used."""
        with self._connection.failures():
            self._connection.close()
            self._connection.client(_PATIENCE_SECONDS)

    def collections(self) -> set[str]:
        """Names of the collections that are this alias's, a plain one of its own name from older versions included.

        Raises:
            VectorStoreUnavailable: Milvus does not answer; here and below.
        """
        pattern = re.compile(rf"{re.escape(self._alias)}(_[0-9a-f]{{{_HASH_CHARACTERS}}})?")
        with self._connection.failures():
            names = self._connection.client().list_collections(timeout=WRITE_SECONDS)
        return {name for name in names if pattern.fullmatch(name)}

    def alias_target(self) -> str | None:
        """Name of the collection behind the alias."""
        with self._connection.failures():
            client = self._connection.client()
            if not client.has_collection(self._alias, timeout=WRITE_SECONDS):
                return None
            target: str = client.describe_collection(self._alias, timeout=WRITE_SECONDS)["collection_name"]
        return None if target == self._alias else target

    def point_alias(self, collection: str) -> None:
        """Let the alias name this collection; a plain collection of the alias's name gives way to it."""
        target = self.alias_target()
        if target == collection:
            return
        if target is None and self._alias in self.collections():
            logger.info("an alias takes the place of a Milvus collection", alias=self._alias, collection=collection)
            self.drop(self._alias)
        with self._connection.writing, self._connection.failures():
            client = self._connection.client()
            if target is None and self._create_alias(client, collection):
                return
            client.alter_alias(collection, self._alias, timeout=WRITE_SECONDS)

    def _create_alias(self, client: Any, collection: str) -> bool:
        """Whether there was none. Servers keep an alias whose collection somebody dropped, and show it nowhere."""
        from pymilvus import MilvusException  # noqa: PLC0415 -- slow to import, and there since the client is

        try:
            client.create_alias(collection, self._alias, timeout=WRITE_SECONDS)
        except MilvusException as error:
            if error.code != _ALIAS_EXISTS:
                raise
            return False
        return True

    def drop(self, collection: str) -> None:
        """Remove a collection with all it holds."""
        with self._connection.writing, self._connection.failures():
            self._connection.client().drop_collection(collection, timeout=WRITE_SECONDS)


@cache
def _rows_hash() -> str:
    # Other code makes other rows, or reads them otherwise, whether or not the fields have other names.
    sources = (milvus_rows.__file__, codes.__file__)
    return hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()
