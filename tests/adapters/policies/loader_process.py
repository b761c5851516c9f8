"""The loader's function in processes that die at a given point, for test_policies_kill.

Reads one JSON object a line, and runs the function in a fork of its own for each; so the imports are paid once. A
point is the moment before one effect on the outside (a statement, a commit, a call of Milvus, S3 or the model), named
by the stage of the run and the kind of effect: `{"die": ["embedding", "sql", 3]}` kills the process with SIGKILL before
the third statement while embedding. `{"wait": [...]}` tells the parent that it is there, and waits for a line.
Answers with `{"signal", "points", "report"}`, where `points` counts by stage and kind.
"""

import json
import os
import signal
import sys
import threading
import traceback
from collections import Counter
from types import SimpleNamespace

import awscrt.s3
import psycopg
import pymilvus
from psycopg.transaction import Transaction

from finq import aws
from finq.functions import load_policies
from finq.policies.embedding import TitanEmbedder
from finq.policies.etl.report import Report

CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="request-1"
)
EFFECTS = {
    "sql": (psycopg.Cursor, ("execute", "executemany")),
    "commit": (Transaction, ("__exit__",)),
    "s3": (awscrt.s3.S3Client, ("make_request",)),
    "model": (TitanEmbedder, ("embed",)),
    "milvus write": (pymilvus.MilvusClient, ("upsert", "delete", "flush")),
    "milvus collection": (
        pymilvus.MilvusClient,
        ("create_collection", "create_index", "load_collection", "release_collection", "drop_collection"),
    ),
    "milvus alias": (pymilvus.MilvusClient, ("create_alias", "alter_alias")),
    "milvus read": (pymilvus.MilvusClient, ("query",)),
}


class Points:
    """Counts effects and does at one of them what was asked for."""

    def __init__(self, order, pipe):
        self.counts = Counter()
        self._order = order
        self._pipe = pipe
        self._lock = threading.Lock()
        self._stage = "start"

    def install(self):
        points = self

        def watch(report, name, value):
            if name == "stage":
                points._stage = value
            object.__setattr__(report, name, value)

        Report.__setattr__ = watch
        for kind, (owner, names) in EFFECTS.items():
            for name in names:
                setattr(owner, name, self._counting(kind, getattr(owner, name)))

    def _counting(self, kind, inner):
        def counted(*args, **kwargs):
            self._reach(kind)
            return inner(*args, **kwargs)

        return counted

    def _reach(self, kind):
        with self._lock:
            self.counts[self._stage, kind] += 1
            here = [self._stage, kind, self.counts[self._stage, kind]]
            if here == self._order.get("die"):
                os.kill(os.getpid(), signal.SIGKILL)
            if here == self._order.get("wait"):
                tell({"reached": here})
                sys.stdin.readline()


def run(order, pipe):
    """In the fork: the function, then what it counted into the pipe."""
    os.environ.update(order["environment"])
    points = Points(order, pipe)
    points.install()
    try:
        report = load_policies.handler(order.get("event", {}), CONTEXT)
    except load_policies.FinqError as error:
        report = {"error": error.code}
    counts = [[*point, count] for point, count in points.counts.items()]
    with os.fdopen(pipe, "w") as out:
        json.dump({"points": counts, "report": report}, out)


def tell(answer):
    """One line to the parent, whatever the function logs."""
    os.write(ANSWERS, (json.dumps(answer) + "\n").encode())


def main():
    """One fork a line. Clients are made before, since making one costs as much as a small run."""
    aws.client("s3")
    aws.client("bedrock-runtime", read_timeout=20, attempts=1)
    while line := sys.stdin.readline():
        order = json.loads(line)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            try:
                run(order, write)
            except BaseException:  # noqa: BLE001 -- a fork must not go on into its parent's loop
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as result:
            text = result.read()
        _, status = os.waitpid(child, 0)
        done = json.loads(text) if text else {}
        tell({"signal": status & 0x7F} | done)


if __name__ == "__main__":
    ANSWERS = int(sys.argv[1])
    main()
