"""The agents with the real LangGraph, the real Bedrock client and a real search."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from agents_harness import POLICIES, GullibleBedrock

from finq import aws as finq_aws
from finq.agents.assistant import build_assistant
from finq.agents.graph import Assistant
from finq.database import Database
from finq.policies import repository
from finq.policies.embedding import TitanEmbedder, embedded_text, text_hash
from finq.policies.search import PolicySearch
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import VectorEntry
from finq.settings import EmbeddingSettings, ModelSettings, WebSearchSettings


def _forget_clients() -> None:
    finq_aws.client.cache_clear()
    finq_aws.secret.cache_clear()


@pytest.fixture
def aws_variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Credentials and region; the clients of other tests are forgotten before and after."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "ap-northeast-2")
    _forget_clients()
    yield monkeypatch
    _forget_clients()


@pytest.fixture
def search(aws_variables: pytest.MonkeyPatch, bedrock: str, database: Database) -> PolicySearch:
    """A real search over `POLICIES`, embedded by the stand-in."""
    aws_variables.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", bedrock)
    embedder = TitanEmbedder(EmbeddingSettings())
    with database.transaction() as connection:
        repository.upsert(connection, POLICIES)
    store = PgVectorStore(database)
    store.upsert(
        [
            VectorEntry(one, embedder.embed(embedded_text(one)).vector, text_hash(one), "limits", embedder.model_id)
            for one in POLICIES
        ]
    )
    return PolicySearch(store, database, embedder)


@pytest.fixture
def assistant(search: PolicySearch, bedrock: str) -> Iterator[Assistant]:
    """Answers by the rule-based stand-in."""
    httpx.delete(f"{bedrock}/_standin/faults").raise_for_status()
    httpx.delete(f"{bedrock}/_standin/calls").raise_for_status()
    yield build_assistant(search, ModelSettings(), WebSearchSettings(url="http://127.0.0.1:9"))
    httpx.delete(f"{bedrock}/_standin/faults").raise_for_status()


@pytest.fixture
def gullible() -> Iterator[GullibleBedrock]:
    model = GullibleBedrock()
    yield model
    model.close()


@pytest.fixture
def gullible_assistant(search: PolicySearch, gullible: GullibleBedrock, aws_variables: pytest.MonkeyPatch) -> Assistant:
    """Real search, obedient model."""
    aws_variables.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", gullible.url)
    _forget_clients()
    return build_assistant(search, ModelSettings(), WebSearchSettings(url="http://127.0.0.1:9"))


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Waits for a condition and returns its first true value."""

    def wait(condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 15
        while not (value := condition()):
            assert time.monotonic() < deadline, "condition not met in time"
        return value

    return wait
