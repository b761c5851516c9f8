"""The stand-ins for Bedrock, Tavily and the Open API as processes."""

import os
import sys
from functools import partial
from pathlib import Path

from finq_local.stack.probes import http_answers
from finq_local.stack.service import Service


def bedrock(home: Path, port: int, log: Path) -> Service:
    """Bedrock Runtime. `FINQ_LLM_*` of the environment choose who is behind it; vectors are kept on disk."""
    return Service(
        name="bedrock",
        title="Bedrock stand-in",
        command=(sys.executable, "-m", "finq_local.bedrock"),
        port=port,
        environment={"FINQ_BEDROCK_PORT": str(port), "FINQ_EMBEDDING_CACHE": str(embedding_cache())},
        ready=partial(http_answers, f"http://127.0.0.1:{port}/_standin/health"),
        log=log,
        folder=home,
    )


def tavily(home: Path, port: int, log: Path) -> Service:
    """Tavily search."""
    return Service(
        name="tavily",
        title="Tavily stand-in",
        command=(sys.executable, "-m", "finq_local.tavily"),
        port=port,
        environment={"FINQ_TAVILY_PORT": str(port)},
        ready=partial(http_answers, f"http://127.0.0.1:{port}/_standin/health"),
        log=log,
        folder=home,
    )


def openapi(home: Path, port: int, log: Path) -> Service:
    """Open API of 온통청년."""
    return Service(
        name="openapi",
        title="Open API stand-in",
        command=(sys.executable, "-m", "finq_local.openapi"),
        port=port,
        environment={"FINQ_OPENAPI_PORT": str(port)},
        ready=partial(http_answers, f"http://127.0.0.1:{port}/_standin/health"),
        log=log,
        folder=home,
    )


def embedding_cache() -> Path:
    """Shared by all stacks of a user, since a vector depends on nothing but model and text."""
    chosen = os.environ.get("FINQ_EMBEDDING_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or ("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
    return Path(base).expanduser() / "finq" / "embeddings"
