"""The loader over 3,977 documents in S3, its embedder at zero latency; then over the same again."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

from benchmarks.components import InstantEmbedder, components
from benchmarks.figures import Figure
from finq.policies.etl.loader import PolicyLoader
from finq.policies.etl.objects import PolicyBucket
from finq_local.generate import generate
from finq_local.stack import emulator
from finq_local.stack.provision import client

DOCUMENTS = 3_977
BUCKET = "benchmark-policies"


def run() -> Iterator[Figure]:
    """Seconds of the first load, of the unchanged one, and what the second embedded."""
    with components() as parts:
        database, milvus = parts.database(), parts.milvus()
        s3 = client("s3", parts.start(emulator.service))
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": emulator.REGION})

        def put(record: dict[str, Any]) -> None:
            body = json.dumps(record, ensure_ascii=False).encode()
            s3.put_object(Bucket=BUCKET, Key=f"policies/{record['plcyNo']}.json", Body=body)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, generate(DOCUMENTS, seed=1)))
        loader = PolicyLoader(database, PolicyBucket(BUCKET, s3), InstantEmbedder(), milvus)
        began = perf_counter()
        first = loader.run()
        yield Figure("etl.first_load", perf_counter() - began, "s", bar=12)
        yield Figure("etl.loaded", first.new, "documents", bar=DOCUMENTS, at_least=True)
        began = perf_counter()
        second = loader.run()
        yield Figure("etl.unchanged", perf_counter() - began, "s", bar=3)
        yield Figure("etl.unchanged_embedded", second.embedded, "documents", bar=0)
