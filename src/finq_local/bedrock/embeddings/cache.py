"""Remembers embeddings, in memory and, where a folder is given, in SQLite beside other processes."""

import asyncio
import hashlib
import sqlite3
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np

from finq_local.bedrock.embeddings.port import Embedder, Embedding

_IN_MEMORY = 4096  # about 6 MB of 384 floats


class CachedEmbedder:
    """An embedder that asks another one only for texts it has not met."""

    def __init__(self, inner: Embedder, folder: Path | None = None) -> None:
        self.name = inner.name
        self._inner = inner
        self._memory: OrderedDict[bytes, Embedding] = OrderedDict()
        self._disk = _Disk(folder) if folder else None

    async def embed(self, text: str) -> Embedding:
        """See `Embedder`."""
        key = hashlib.sha256(f"{self.name}\0{text}".encode()).digest()
        embedding = self._memory.get(key)
        if embedding is None and self._disk:
            embedding = await asyncio.to_thread(self._disk.get, key)
        if embedding is None:
            embedding = await self._inner.embed(text)
            if self._disk:
                await asyncio.to_thread(self._disk.put, key, embedding)
        self._memory[key] = embedding
        self._memory.move_to_end(key)
        if len(self._memory) > _IN_MEMORY:
            self._memory.popitem(last=False)
        return embedding


class _Disk:
    """One table in WAL mode: readers never wait, writers of several processes wait for one another."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            folder / "embeddings.sqlite3", timeout=30, check_same_thread=False, isolation_level=None
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS embeddings"
            " (key BLOB PRIMARY KEY, tokens INTEGER NOT NULL, vector BLOB NOT NULL) WITHOUT ROWID"
        )

    def get(self, key: bytes) -> Embedding | None:
        with self._lock:
            row = self._connection.execute("SELECT tokens, vector FROM embeddings WHERE key = ?", (key,)).fetchone()
        return Embedding(np.frombuffer(row[1], dtype="<f4").astype(np.float32), row[0]) if row else None

    def put(self, key: bytes, embedding: Embedding) -> None:
        raw = embedding.vector.astype("<f4").tobytes()
        with self._lock:
            self._connection.execute("INSERT OR IGNORE INTO embeddings VALUES (?, ?, ?)", (key, embedding.tokens, raw))
