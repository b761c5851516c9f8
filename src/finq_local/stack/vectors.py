"""Milvus Lite as a server, so that several processes can use one collection."""

import sys
from functools import partial
from pathlib import Path

from finq_local.stack.probes import tcp_accepts
from finq_local.stack.service import Service


def service(home: Path, port: int, log: Path) -> Service:
    """The server's process. It takes connections once its collections are open."""
    return Service(
        name="milvus",
        title="Milvus Lite",
        command=(
            sys.executable,
            "-m",
            "finq_local.stack.milvus_lite",
            "server",
            "--data-dir",
            str(home / "milvus"),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ),
        port=port,
        ready=partial(tcp_accepts, port),
        log=log,
        # A second thread for each comparison takes the core on which the question is waiting for the answer.
        environment={"OPENBLAS_NUM_THREADS": "1"},
        folder=home,
    )


def url(port: int) -> str:
    """FINQ_MILVUS_URI."""
    return f"http://127.0.0.1:{port}"
