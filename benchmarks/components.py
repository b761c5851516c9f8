"""Real components for measurements, each in a folder of its own that is removed afterwards."""

import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

import numpy as np
from pymilvus import MilvusClient

from finq import migrations
from finq.database import Database
from finq.policies.embedding import VECTOR_DIMENSIONS, Embedding
from finq.policies.vectors.milvus import MilvusStore
from finq.settings import VectorSettings
from finq_local.stack import vectors
from finq_local.stack.postgres import locate
from finq_local.stack.service import Service, ServiceProcess, free_ports, wait_until_ready

_HAND_OVER_SECONDS = 120.0
Describe = Callable[[Path, int, Path], Service]


class InstantEmbedder:
    """An embedding model that takes no time: texts that share pairs of letters lie near each other."""

    model_id = "letter-pairs"

    def __init__(self) -> None:
        self._directions = np.random.default_rng(1).standard_normal((4096, VECTOR_DIMENSIONS), dtype=np.float32)

    def embed(self, text: str) -> Embedding:
        """Always the same vector for the same text."""
        pairs = [zlib.crc32(text[at : at + 2].encode()) % 4096 for at in range(max(1, len(text) - 1))]
        vector = self._directions[pairs].sum(axis=0)
        return Embedding((vector / np.linalg.norm(vector)).tolist(), len(text) // 2)


@dataclass
class Components:
    """Starts components on free ports; `home` holds their state."""

    home: Path
    _running: ExitStack

    def start(self, describe: Describe) -> int:
        """The port of the service once it answers."""
        [port] = free_ports(1)
        service = describe(self.home, port, self.home / f"{uuid4()}.log")
        service.folder.mkdir(exist_ok=True)
        process = ServiceProcess(service)
        self._running.callback(process.stop)
        wait_until_ready([process])
        return port

    def database(self, *, shared_buffers: str = "64MB", maintenance_work_mem: str = "64MB") -> Database:
        """A migrated PostgreSQL; the laptop's unless it is given more memory."""
        memory = ("-c", f"shared_buffers={shared_buffers}", "-c", f"maintenance_work_mem={maintenance_work_mem}")
        urls: list[str] = []

        def describe(home: Path, port: int, log: Path) -> Service:
            cluster = locate(home, port)
            cluster.create_cluster()
            urls.append(cluster.url())
            service = cluster.service(log)
            return replace(service, command=(*service.command, *memory))

        self.start(describe)
        [url] = urls
        migrations.apply(url)
        database = Database(lambda: url)
        self._running.callback(database.close)
        return database

    def milvus(self) -> MilvusStore:
        """Milvus Lite; or the server at `BENCHMARK_MILVUS`, in collections of its own, which are dropped at the end."""
        server = os.environ.get("BENCHMARK_MILVUS")
        if not server:
            return MilvusStore(VectorSettings(milvus_uri=vectors.url(self.start(vectors.service))))
        store = MilvusStore(VectorSettings(milvus_uri=server, milvus_collection=f"benchmark_{uuid4().hex}"))
        self._running.callback(lambda: [store.drop(name) for name in store.collections()])
        return store


def await_hand_over(collection: str, rows: int) -> None:
    """Until the server at `BENCHMARK_MILVUS`, if it is used, searches the segment that it has made of so many rows.

    For some 12 seconds after they were written it searches them where they came in, which takes 2 ms more.
    """
    server = os.environ.get("BENCHMARK_MILVUS")
    if not server:
        return
    client = MilvusClient(server)
    deadline = monotonic() + _HAND_OVER_SECONDS
    while sum(segment.num_rows for segment in client.list_loaded_segments(collection)) < rows:
        if monotonic() > deadline:
            raise TimeoutError(f"{server} has not loaded {rows} rows of {collection} in {_HAND_OVER_SECONDS:.0f} s")
        sleep(0.5)
    client.close()


@contextmanager
def components(kept: Path | None = None) -> Iterator[Components]:
    """Components that stop when the block ends. Their state goes with them, but for what is in a `kept` folder."""
    with ExitStack() as running:
        home = kept or Path(running.enter_context(tempfile.TemporaryDirectory(prefix="finq-bench-")))
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711)  # PostgreSQL's user must get into it
        yield Components(home, running)
