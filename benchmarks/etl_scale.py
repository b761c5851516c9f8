"""The loader over 100,000 generated documents: does its memory stay flat, and does its time grow with their number?

The documents come from this process, since writing so many to the S3 emulator takes longer than loading them. It runs
for many minutes, so `python -m benchmarks` leaves it out unless named. Seconds of processor time are the loader's own,
the generator's included.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.components import components
from benchmarks.etl import DrawnEmbedder
from benchmarks.figures import Figure
from finq.policies.etl.loader import PolicyLoader
from finq.policies.etl.objects import PolicyBucket, StoredObject
from finq_local.generate import generate

DOCUMENTS = int(os.environ.get("ETL_SCALE_DOCUMENTS", "100000"))
MARKS = (10_000, 25_000, 50_000, 100_000)
MEMORY_MB = 1_536


class GeneratedBucket(PolicyBucket):
    """Reads like a bucket, out of the generator: each document is made when it is read."""

    def __init__(self, documents: int) -> None:
        self._documents = documents
        self._began = (perf_counter(), process_time())
        self.passed: dict[int, tuple[float, float, float]] = {}  # by count: seconds, of processor time, MB

    @property
    def name(self) -> str:
        """Of no bucket."""
        return "generated"

    def documents(self, prefix: str) -> list[StoredObject]:
        """All, in the generator's order."""
        found = [StoredObject(f"{r['plcyNo']}.json", "1", 3_000) for r in generate(self._documents, seed=1)]
        self._began = (perf_counter(), process_time())
        return found

    def read(self, objects: Sequence[StoredObject]) -> Iterator[tuple[StoredObject, bytes | None]]:
        """In the order given, which must be the generator's."""
        for count, (item, record) in enumerate(zip(objects, generate(self._documents, seed=1), strict=True), 1):
            yield item, json.dumps(record, ensure_ascii=False).encode()
            if count in MARKS:
                wall, processor = self._began
                self.passed[count] = (perf_counter() - wall, process_time() - processor, _megabytes("VmHWM"))


def run() -> Iterator[Figure]:
    """Seconds per 1,000 documents and peak memory after 10,000, 25,000, 50,000 and 100,000."""
    with components() as parts:
        bucket = GeneratedBucket(DOCUMENTS)
        milvus = None if os.environ.get("ETL_SCALE_PGVECTOR_ONLY") else parts.milvus()
        began = perf_counter()
        report = PolicyLoader(parts.database(), bucket, DrawnEmbedder(), milvus).run()
        whole = perf_counter() - began
    for count, (wall, processor, memory) in bucket.passed.items():
        yield Figure(f"etl.{count // 1000}k.per_thousand", wall / count * 1000, "s")
        yield Figure(f"etl.{count // 1000}k.processor_per_thousand", processor / count * 1000, "s")
        yield Figure(f"etl.{count // 1000}k.peak_memory", memory, "MB", bar=MEMORY_MB)
    yield Figure("etl.scale.embedded", report.embedded, "documents", bar=DOCUMENTS, at_least=True)
    yield Figure("etl.scale.seconds", whole, "s")
    yield Figure("etl.scale.peak_memory", _megabytes("VmHWM"), "MB", bar=MEMORY_MB)


def _megabytes(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))
