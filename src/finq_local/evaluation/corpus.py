"""What is searched: a corpus of its own, thrown away afterwards, or what a running stack has loaded."""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import boto3
from botocore.config import Config

from finq import clock, migrations
from finq.database import Database
from finq.policies import repository
from finq.policies.embedding import Embedder, Embedding, TitanEmbedder
from finq.policies.etl.embed import PolicyEmbedder
from finq.policies.etl.index import PolicyIndex
from finq.policies.etl.records import parse
from finq.policies.etl.report import Report
from finq.policies.model import Policy
from finq.policies.normalise import MalformedRecord
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import VectorStore
from finq.settings import EmbeddingSettings, VectorSettings
from finq_local import sample
from finq_local.generate import generate
from finq_local.stack import documents, emulator, functions, models, postgres, vectors
from finq_local.stack.layout import Layout
from finq_local.stack.service import Service, ServiceProcess, StackError, free_ports, wait_until_ready

StoreName = Literal["milvus", "pgvector"]
Tell = Callable[[str], None]
_BATCH = 250
_AT_ONCE = 8  # embedding calls
_SEED = 1


class TimedEmbedder:
    """An embedder that notes how long each question took, in seconds, and asks for each text once."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._known: dict[str, Embedding] = {}
        self.seconds: list[float] = []

    @property
    def model_id(self) -> str:
        """See `Embedder`."""
        return self._inner.model_id

    def embed(self, text: str) -> Embedding:
        """See `Embedder`."""
        if text not in self._known:
            began = perf_counter()
            self._known[text] = self._inner.embed(text)
            self.seconds.append(perf_counter() - began)
        return self._known[text]


@dataclass(frozen=True)
class Corpus:
    """Loaded policies and the real components that search them.

    Attributes:
        policies: by id; withdrawn ones are not among them.
        stores: by name, each holding every policy.
        bedrock: endpoint of whoever embeds, None for Bedrock itself.
        rejected: records that the loader's own rules refuse: reason by where they stand.
    """

    policies: Mapping[str, Policy]
    database: Database
    stores: Mapping[StoreName, VectorStore]
    embedder: Embedder
    bedrock: str | None
    today: date
    rejected: Mapping[str, str]

    def embed_all(self, texts: Sequence[str]) -> list[Embedding]:
        """Vectors of many texts, in order."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="embed") as pool:
            return list(pool.map(self.embedder.embed, texts))


def read_policies(
    sources: Iterable[Path], today: date, distractors: int | None = None
) -> tuple[dict[str, Policy], dict[str, str]]:
    """Policies of files and folders by id, through the loader's own checks, and what those refuse.

    The first record of an id stays. `data/sample` holds placeholders for dates, filled in for `today`.

    Args:
        distractors: add the sample and so many generated records that no question is about.

    Raises:
        StackError: a source that does not exist, or holds no records.
    """
    found: dict[str, Policy] = {}
    rejected: dict[str, str] = {}
    for source in sources:
        if not source.exists():
            raise StackError(f"There is no {source}.")
        _add(_documents(source, today), found, rejected)
    if distractors is not None:
        _add(_as_documents(sample.records(today)), found, rejected)
        _add(_as_documents(generate(distractors, _SEED, today=today)), found, rejected)
    return found, rejected


def _add(records: Iterable[documents.Document], found: dict[str, Policy], rejected: dict[str, str]) -> None:
    for document in records:
        try:
            policy = parse(document.key, len(document.body), document.body)
        except MalformedRecord as error:
            rejected[document.key] = str(error)
        else:
            found.setdefault(policy.id, policy)


def _documents(source: Path, today: date) -> Iterable[documents.Document]:
    if source.resolve() in (sample.SAMPLE_FILE, sample.SAMPLE_FILE.parent):
        return _as_documents(sample.records(today))
    return documents.read(source)


def _as_documents(records: Iterable[Mapping[str, str]]) -> Iterator[documents.Document]:
    for record in records:
        body = json.dumps(record, ensure_ascii=False).encode()
        yield documents.Document(f"{documents.PREFIX}{record['plcyNo']}.json", body)


@contextmanager
def throw_away(
    sources: Sequence[Path],
    today: date,
    stores: Sequence[StoreName] = ("pgvector",),
    distractors: int | None = None,
    tell: Tell = lambda _: None,
) -> Iterator[Corpus]:
    """A corpus of its own: real PostgreSQL, Milvus Lite and the Bedrock stand-in, gone when the block ends.

    Raises:
        StackError: no records, or a component that does not start.
    """
    policies, rejected = read_policies(sources, today, distractors)
    if not policies:
        raise StackError("No record can be loaded: " + "; ".join(islice(rejected.values(), 3)))
    with tempfile.TemporaryDirectory(prefix="finq-eval-") as folder, ExitStack() as running:
        home = Path(folder)
        home.chmod(0o711)  # PostgreSQL's user must get into it
        tell("starting PostgreSQL and the embedding model")
        database = _database(home, running)
        bedrock = f"http://127.0.0.1:{_start(models.bedrock, home, running)}"
        embedder = _embedder(bedrock)
        milvus = None
        if "milvus" in stores:
            uri = vectors.url(_start(vectors.service, home, running))
            milvus = MilvusStore(VectorSettings(milvus_uri=uri))
        _load(database, milvus, embedder, list(policies.values()), tell)
        opened: dict[StoreName, VectorStore] = {"pgvector": PgVectorStore(database)}
        if milvus:
            opened["milvus"] = milvus
        chosen = {name: opened[name] for name in stores}
        yield Corpus(policies, database, chosen, embedder, bedrock, today, rejected)


@contextmanager
def running(layout: Layout, stores: Sequence[StoreName] = ("milvus",)) -> Iterator[Corpus]:
    """What a running stack has loaded, searched with its own components.

    Raises:
        StackError: nothing is loaded.
    """
    conninfo = postgres.conninfo(layout.home, layout.port("postgres"), functions.DATABASE)
    database = Database(lambda: conninfo)
    try:
        with database.transaction() as connection:
            policies = repository.get_many(connection, repository.stored_hashes(connection), native=True)
        if not policies:
            raise StackError("The stack holds no policies. Load some: finq load FOLDER")
        bedrock = None if functions.uses_real_bedrock() else f"http://127.0.0.1:{layout.port('bedrock')}"
        opened: dict[StoreName, VectorStore] = {
            "pgvector": PgVectorStore(database),
            "milvus": MilvusStore(VectorSettings(milvus_uri=vectors.url(layout.port("milvus")))),
        }
        chosen = {name: opened[name] for name in stores}
        yield Corpus(policies, database, chosen, _embedder(bedrock), bedrock, clock.today(), {})
    finally:
        database.close()


def _start(describe: Callable[[Path, int, Path], Service], home: Path, running: ExitStack) -> int:
    [port] = free_ports(1)
    service = describe(home, port, home / f"{port}.log")
    service.folder.mkdir(exist_ok=True)
    process = ServiceProcess(service)
    running.callback(process.stop)
    wait_until_ready([process])
    return port


def _database(home: Path, running: ExitStack) -> Database:
    clusters: list[postgres.Postgres] = []

    def describe(folder: Path, port: int, log: Path) -> Service:
        cluster = postgres.locate(folder, port)
        cluster.create_cluster()
        clusters.append(cluster)
        return cluster.service(log)

    _start(describe, home, running)
    [cluster] = clusters
    migrations.apply(cluster.url())
    database = Database(cluster.url)
    running.callback(database.close)
    return database


def _embedder(endpoint: str | None) -> TitanEmbedder:
    """Titan's protocol to the stand-in, which keeps vectors on disk by text: a second run embeds nothing."""
    if endpoint is None:
        return TitanEmbedder(EmbeddingSettings())
    client: Any = boto3.client(
        "bedrock-runtime",
        endpoint_url=endpoint,
        region_name=emulator.REGION,
        aws_access_key_id=emulator.ACCESS_KEY_ID,
        aws_secret_access_key=emulator.SECRET_ACCESS_KEY,
        config=Config(read_timeout=120, max_pool_connections=_AT_ONCE, proxies={}),
    )
    return TitanEmbedder(EmbeddingSettings(), client)


def _load(
    database: Database, milvus: MilvusStore | None, embedder: Embedder, policies: Sequence[Policy], tell: Tell
) -> None:
    for start in range(0, len(policies), _BATCH):
        with database.transaction() as connection:
            repository.upsert(connection, policies[start : start + _BATCH])
    report = Report()

    def progress() -> None:
        tell(f"{report.stage}: {report.embedded} of {len(policies)} policies embedded, {report.indexed} indexed")

    with PolicyEmbedder(database, embedder, report, progress) as vectors:
        vectors.finish()
    PolicyIndex(database, milvus, embedder.model_id).bring_up_to_date(report, progress)
    if milvus and report.milvus != "complete":
        raise StackError("Milvus Lite did not take the corpus. Try --store pgvector.")
