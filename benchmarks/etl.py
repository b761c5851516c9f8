"""The loader over 3,977 documents in S3: its embedder at zero latency, at 150 ms, and throttled at first."""

import json
import os
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np

import finq.functions.load_policies  # noqa: F401 -- garbage collection and imports as the function has them
from benchmarks.components import components
from benchmarks.figures import Figure
from finq.errors import ServiceUnavailable
from finq.policies.embedding import VECTOR_DIMENSIONS, Embedding
from finq.policies.etl.loader import PolicyLoader
from finq.policies.etl.objects import PolicyBucket
from finq_local.generate import generate
from finq_local.stack import emulator
from finq_local.stack.provision import client

DOCUMENTS = 3_977
LATENCY = 0.15  # seconds
CONCURRENCY = 8  # as by default
THROTTLED_CALLS = 60


class DrawnEmbedder:
    """A model that costs nothing: each text gets one of 512 vectors drawn before.

    Args:
        latency: seconds a call takes.
        throttled: calls that are refused at first.
    """

    model_id = "drawn"

    def __init__(self, latency: float = 0, throttled: int = 0) -> None:
        rows = np.random.default_rng(1).standard_normal((512, VECTOR_DIMENSIONS), dtype=np.float32)
        self._vectors = [(row / np.linalg.norm(row)).tolist() for row in rows]
        self._latency = latency
        self._throttled = throttled
        self._counting = threading.Lock()

    def embed(self, text: str) -> Embedding:
        """Always the same vector for the same text.

        Raises:
            ServiceUnavailable: one of the calls that are throttled.
        """
        with self._counting:
            self._throttled -= 1
            if self._throttled >= 0:
                raise ServiceUnavailable
        if self._latency:
            time.sleep(self._latency)
        return Embedding(self._vectors[zlib.crc32(text.encode()) % len(self._vectors)], len(text) // 2)


def run() -> Iterator[Figure]:
    """Seconds of a first load and of an unchanged one, the ratio to the ideal at 150 ms, and what throttling costs."""
    with components() as parts:
        port = parts.start(emulator.service)
        os.environ.update(emulator.endpoints(port))
        s3 = client("s3", port)
        everything, few = (_bucket(s3, name, count) for name, count in (("all", DOCUMENTS), ("few", 500)))

        with _loader(everything, DrawnEmbedder()) as loader:
            began = perf_counter()
            first = loader.run()
            yield Figure("etl.first_load", perf_counter() - began, "s", bar=12)
            yield Figure("etl.loaded", first.new, "documents", bar=DOCUMENTS, at_least=True)
            began = perf_counter()
            second = loader.run()
            yield Figure("etl.unchanged", perf_counter() - began, "s", bar=3)
            yield Figure("etl.unchanged_embedded", second.embedded, "documents", bar=0)

        with _loader(everything, DrawnEmbedder(latency=LATENCY)) as loader:
            began = perf_counter()
            slow = loader.run()
            ideal = slow.embedding_calls * LATENCY / CONCURRENCY
            yield Figure("etl.latency_150ms_ratio", (perf_counter() - began) / ideal, "of ideal", bar=1.10)

        with _loader(few, DrawnEmbedder(throttled=THROTTLED_CALLS)) as loader:
            throttled = loader.run()
        yield Figure("etl.throttled", throttled.throttled, "calls", bar=THROTTLED_CALLS, at_least=True)
        yield Figure("etl.throttled_recovers", throttled.embedded / throttled.new, "embedded", bar=1, at_least=True)
        yield Figure(
            "etl.throttled_concurrency", throttled.concurrency, "calls at a time", bar=CONCURRENCY, at_least=True
        )


@contextmanager
def _loader(bucket: PolicyBucket, embedder: DrawnEmbedder) -> Iterator[PolicyLoader]:
    """Into stores of its own."""
    with components() as parts:
        yield PolicyLoader(parts.database(), bucket, embedder, parts.milvus(), CONCURRENCY)


def _bucket(s3: Any, name: str, documents: int) -> PolicyBucket:
    bucket = f"benchmark-{name}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": emulator.REGION})
    records: Iterable[dict[str, Any]] = islice(generate(documents, seed=1), documents)

    def put(record: dict[str, Any]) -> None:
        body = json.dumps(record, ensure_ascii=False).encode()
        s3.put_object(Bucket=bucket, Key=f"policies/{record['plcyNo']}.json", Body=body)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, records))
    return PolicyBucket(bucket)
