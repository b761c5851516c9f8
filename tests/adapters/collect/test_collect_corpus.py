"""The real records, collected from the stand-in: what is stored is what the source holds, and the loader takes it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from collect_harness import KEY, Bucket, Watched

from finq.database import Database
from finq.policies.collect.client import OpenApi
from finq.policies.collect.collector import Collector
from finq.policies.etl.records import parse
from finq_local.stack import models
from finq_local.stack.service import Service

CORPUS = Path(__file__).parents[3].parent / "shared" / "data" / "policies_sample.jsonl"


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the real policy records are not beside the project")
def test_real_records(start_service: Callable[..., int], database: Database, bucket: Bucket) -> None:
    def describe(home: Path, port: int, log: Path) -> Service:
        service = models.openapi(home, port, log)
        return replace(service, environment={**service.environment, "FINQ_OPENAPI_RECORDS": str(CORPUS)})

    url = f"http://127.0.0.1:{start_service(describe)}/go/ythip/getPlcy"
    source = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").split("\n") if line]
    watched: Any = Watched(bucket.client)
    collector = Collector(database, bucket.name, OpenApi(url, KEY, interval=0.02), client=watched)
    report = collector.run()
    assert (report.complete, report.new, report.pages) == (True, len(source), 2 * -(-len(source) // 100))
    stored = bucket.stored()
    for record in source:
        kept = {name: value for name, value in record.items() if not name.endswith("InstPicNm")}
        assert stored[record["plcyNo"]] == kept
        body = json.dumps(kept, ensure_ascii=False).encode()
        assert parse(f"policies/{record['plcyNo']}.json", len(body), body).id == record["plcyNo"]
    watched.made.clear()
    assert collector.run().unchanged == len(source)
    assert watched.made == []
