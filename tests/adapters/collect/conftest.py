"""The Open API's stand-in with three pages of records, and the collector that reads it into a bucket of its own."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from collect_harness import RECORDS, Bucket, Source, Watched, record

from finq.database import Database
from finq.policies.collect.collector import Collector
from finq_local.stack import models
from finq_local.stack.service import Service


@pytest.fixture(scope="session")
def openapi_url(start_service: Any, component_home: Path) -> str:
    """Base URL of the stand-in."""
    file = component_home / "records.jsonl"
    lines = (json.dumps(record(number), ensure_ascii=False) for number in range(RECORDS))
    file.write_text("\n".join(lines), encoding="utf-8")

    def describe(home: Path, port: int, log: Path) -> Service:
        service = models.openapi(home, port, log)
        chosen = {"FINQ_OPENAPI_RECORDS": str(file), "FINQ_OPENAPI_RATE": "1000"}
        return replace(service, environment={**service.environment, **chosen})

    return f"http://127.0.0.1:{start_service(describe)}"


@pytest.fixture
def source(openapi_url: str) -> Iterator[Source]:
    source = Source(openapi_url)
    source.reset()
    yield source
    source.reset()


@pytest.fixture
def bucket(aws_environment: Any) -> Bucket:
    client = aws_environment.client("s3")
    name = f"collected-{uuid4().hex}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    return Bucket(name, Watched(client))


@pytest.fixture
def collect(database: Database, bucket: Bucket, source: Source) -> Callable[..., Any]:
    """Run a collection; options of the client go to it, `accept_vanished` to the run."""

    def run(*, accept_vanished: bool = False, seconds: float = 60, **client: Any) -> Any:
        api = source.api(**client)
        collector = Collector(database, bucket.name, api, seconds=seconds, client=bucket.client)
        return collector.run(accept_vanished=accept_vanished)

    return run
