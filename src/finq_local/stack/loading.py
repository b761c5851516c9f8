"""Running the loader through the gateway and watching it work."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any

import psycopg

from finq_local.stack import functions, postgres
from finq_local.stack.layout import Layout

WATCH_SECONDS = 0.2

Progress = Callable[[dict[str, Any]], None]


def run(layout: Layout, progress: Progress, event: dict[str, Any] | None = None) -> dict[str, Any]:
    """Invoke the loader, to load unless `event` says otherwise; its answer.

    `progress` gets the report so far, a few times a second.

    Raises:
        StackError: the loader failed.
    """
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(functions.invoke, layout, functions.LOADER, event)
        _watch(layout, result, progress)
        return result.result()


def _watch(layout: Layout, result: Future[dict[str, Any]], progress: Progress) -> None:
    if layout.foreign:  # whose database is its own business
        return
    conninfo = postgres.conninfo(layout.home, layout.port("postgres"), functions.DATABASE)
    try:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            while not wait_for([result], WATCH_SECONDS).done:
                row = connection.execute("SELECT report FROM etl_runs WHERE status = 'running'").fetchone()
                if row:
                    progress(row[0])
    except psycopg.Error:
        return  # the result will tell; a display is not worth failing for


def describe(report: dict[str, Any]) -> str:
    """One line on how far it is."""
    counts = ("pages", "new", "changed", "removed", "read", "embedded", "indexed")
    done = [f"{report[name]} {name}" for name in counts if report.get(name)]
    if report.get("stage") in ("reading", "embedding") and report.get("embeddings_per_second"):
        done.append(f"{report['embeddings_per_second']:.0f} a second by {report['concurrency']} at a time")
    if report.get("throttled"):
        done.append(f"{report['throttled']} throttled")
    return ", ".join([str(report.get("stage", "")), *done])
