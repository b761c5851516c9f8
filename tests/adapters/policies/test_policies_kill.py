"""The loader, killed and cut off wherever it may be, leaves what the next run makes whole.

Its function runs in processes of its own against a real bucket, PostgreSQL, Milvus and the Bedrock stand-in, and gets
SIGKILL before a random effect: a statement, a commit, a call of Milvus, S3 or the model, in every stage of a run.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import numpy as np
import psycopg
import pytest
import uvicorn

from finq import aws as finq_aws
from finq.errors import Conflict
from finq.policies.etl import runs
from finq.policies.etl.verify import Verifier
from finq.policies.vectors.milvus import MilvusStore
from finq.policies.vectors.milvus_connection import MilvusConnection
from finq.settings import VectorSettings
from finq_local.bedrock.app import FAULTS, create_app
from finq_local.bedrock.embeddings.port import Embedding
from finq_local.bedrock.rules.answerer import RuleAnswerer
from finq_local.stack import vectors
from finq_local.stack.service import ServiceProcess, free_ports, kill_group, wait_until_ready
from finq_local.standins.registry import Registry

SEED = 20261123
KILLS = 20
DOCUMENTS = 240
WAIT_SECONDS = 30
TITAN = "amazon.titan-embed-text-v2:0"
STAGES = {"reading", "withdrawing", "embedding", "indexing", "switching"}
KINDS = {"sql", "commit", "s3", "model", "milvus write", "milvus collection", "milvus alias", "milvus read"}


class InstantModel:
    """A vector for each text, at once."""

    name = "instant"

    async def embed(self, text):
        vector = np.random.default_rng(abs(hash(text)) % 2**32).standard_normal(1024).astype(np.float32)
        return Embedding(vector / np.linalg.norm(vector), len(text))


@pytest.fixture(scope="module")
def model_url():
    """The Bedrock stand-in with a model that takes no time."""
    [port] = free_ports(1)
    app = create_app(RuleAnswerer(), InstantModel(), Registry(FAULTS))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def own_milvus(component_home):
    """A Milvus Lite that may be killed."""
    [port] = free_ports(1)
    home = component_home / f"milvus-{uuid4().hex}"
    home.mkdir()
    service = vectors.service(home, port, home / "log")
    running = []

    def start():
        process = ServiceProcess(service)
        running.append(process)
        wait_until_ready([process])
        return process

    start()
    yield vectors.url(port), running, start
    for process in running:
        process.stop()


class World:
    """A bucket whose content the test knows, the loader's processes, and what the stores hold."""

    def __init__(self, database, client, environment):
        self.database = database
        self.environment = environment
        self.bucket = environment["FINQ_POLICY_BUCKET"]
        self.documents = {}
        self._s3 = client
        self._process = None
        self._next = 0

    def put(self, *ids):
        for policy_id in ids:
            self.documents[policy_id] = self.documents.get(policy_id, 0) + 1
            record = {
                "plcyNo": policy_id,
                "plcyNm": f"청년 지원 {policy_id} ({self.documents[policy_id]})",
                "plcySprtCn": "월 20만원",
                "sprtTrgtMinAge": str(18 + self.documents[policy_id] % 3),
                "aplyPrdSeCd": "0057002",
            }
            self._s3.put_object(Bucket=self.bucket, Key=f"{policy_id}.json", Body=json.dumps(record).encode())

    def change(self, dice):
        """As a night does: some documents change, some come, some go."""
        known = sorted(self.documents)
        gone = dice.sample(known, 6)
        for policy_id in gone:
            self._s3.delete_object(Bucket=self.bucket, Key=f"{policy_id}.json")
            del self.documents[policy_id]
        self.put(*dice.sample(sorted(self.documents), 10), *self.fresh(6))

    def fresh(self, count):
        made = [f"2026{self._next + number:05}" for number in range(count)]
        self._next += count
        return made

    def __enter__(self):
        read, write = os.pipe()
        program = Path(__file__).with_name("loader_process.py")
        self._process = subprocess.Popen(
            [sys.executable, str(program), str(write)],
            stdin=subprocess.PIPE,
            pass_fds=[write],
            env=os.environ | self.environment,
            text=True,
        )
        os.close(write)
        self._answers = os.fdopen(read)
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._answers.close()

    def start(self, dimensions=1024, **order):
        order["environment"] = {"FINQ_EMBEDDING_DIMENSIONS": str(dimensions)}
        self._say(json.dumps(order))

    def _say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self):
        return json.loads(self._answers.readline())

    def go_on(self):
        self._say("")

    def load(self, dimensions=1024, **order):
        self.start(dimensions, **order)
        return self.hear()

    def wait_for_lock(self):
        """PostgreSQL notices that a client is gone once the statement has ended that it had sent."""
        for _ in range(WAIT_SECONDS * 10):
            with suppress(Conflict), self.database.transaction() as connection:
                runs.hold_lock(connection)
                runs.release_lock(connection)
                return
            time.sleep(0.1)
        raise TimeoutError("the killed run still holds its lock")

    def settings(self):
        return VectorSettings(
            milvus_uri=self.environment["FINQ_MILVUS_URI"], milvus_collection=self.environment["FINQ_MILVUS_COLLECTION"]
        )

    def assert_consistent(self, dimensions):
        model_id = f"{TITAN}/{dimensions}"
        store = MilvusStore(self.settings())
        result = Verifier(self.database, store, SimpleNamespace(model_id=model_id)).check()
        assert result.findings == {}
        assert result.generation == store.generation(model_id)
        # And without the product's own eyes.
        ids = set(self.documents)
        with self.database.transaction() as connection:

            def rows(statement):
                return [tuple(row.values()) for row in connection.execute(statement)]

            names = dict(rows("SELECT id, name FROM youth_policies WHERE withdrawn_at IS NULL"))
            objects = {policy_id for (policy_id,) in rows("SELECT policy_id FROM etl_objects")}
            embedded = rows("SELECT policy_id FROM policy_vectors WHERE model_id = (SELECT model_id FROM"
                            " index_generations WHERE state = 'active')")  # fmt: skip
        expected = {policy_id: f"청년 지원 {policy_id} ({edition})" for policy_id, edition in self.documents.items()}
        assert names == expected
        assert objects == {policy_id for (policy_id,) in embedded} == ids
        client = MilvusConnection(self.settings()).client(patience=10)
        try:
            held = client.query(
                self.environment["FINQ_MILVUS_COLLECTION"],
                filter='policy_id != ""',
                output_fields=["policy_id", "version", "min_age"],
                limit=16_384,
                consistency_level="Strong",
            )
        finally:
            client.close()
        assert len(held) == len(ids)
        assert {row["policy_id"]: row["min_age"] for row in held} == {
            policy_id: 18 + edition % 3 for policy_id, edition in self.documents.items()
        }
        assert all(row["version"].endswith(model_id) for row in held)


@pytest.fixture
def make_world(database, aws_environment, model_url, postgres_url, monkeypatch):
    """Makes a `World` of its own bucket and collections."""
    aws = aws_environment
    parts = psycopg.conninfo.conninfo_to_dict(postgres_url)
    secret = f"kill/{uuid4().hex}"
    aws.client("secretsmanager").create_secret(
        Name=secret, SecretString=json.dumps({"username": parts["user"], "password": parts["password"]})
    )
    bucket = f"kill-{uuid4().hex}"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    environment = {
        **aws.environment,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": model_url,
        "FINQ_DATABASE_HOST": parts["host"],
        "FINQ_DATABASE_PORT": str(parts["port"]),
        "FINQ_DATABASE_NAME": parts["dbname"],
        "FINQ_DATABASE_SECRET_ID": secret,
        "FINQ_DATABASE_SSLMODE": "disable",
        "FINQ_MILVUS_COLLECTION": f"kill_{uuid4().hex[:8]}",
        "FINQ_POLICY_BUCKET": bucket,
    }

    def make(milvus_uri):
        environment["FINQ_MILVUS_URI"] = milvus_uri
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        finq_aws.client.cache_clear()
        return World(database, s3, environment)

    return make


@pytest.fixture
def world(make_world, milvus_uri):
    return make_world(milvus_uri)


def counted(answer):
    return {(stage, effect): count for stage, effect, count in answer["points"]}


def test_killed_at_twenty_random_points_it_always_ends_consistent(world):
    """Among them the first load, nights with few changes, and moves to vectors of other dimensions."""
    dice = random.Random(SEED)
    killed = Counter()
    dimensions = 1024
    world.put(*world.fresh(DOCUMENTS))

    def kill(stage, effect, nth):
        answer = world.load(dimensions, die=[stage, effect, nth])
        if answer["signal"]:
            assert answer["signal"] == signal.SIGKILL
            killed[stage, effect] += 1
            world.wait_for_lock()
            answer = world.load(dimensions)
        assert (answer["signal"], answer["report"].get("milvus")) == (0, "complete"), answer
        world.assert_consistent(dimensions)

    with world:
        kill("reading", "model", dice.randint(1, DOCUMENTS))
        world.change(dice)
        nightly = counted(world.load(dimensions))  # the effects of a run that updates what searches read
        world.change(dice)
        dimensions = 512
        moving = counted(world.load(dimensions))  # and of one that moves them to another generation
        world.assert_consistent(dimensions)
        for _ in range(2 * KILLS):
            if killed.total() == KILLS:
                break
            world.change(dice)
            # Where no kill has been before: first of all in another stage, or at another kind of effect.
            stages, effects = ({point[n] for point in killed} for n in range(2))
            point = min(
                sorted(nightly.keys() | moving.keys()),
                key=lambda point: (point[0] in stages and point[1] in effects, killed[point], dice.random()),
            )
            moves = point not in nightly or (point in moving and dice.random() < 0.2)
            if moves:
                dimensions = 512 if dimensions == 1024 else 1024
            kill(*point, dice.randint(1, (moving if moves else nightly)[point]))
    sys.stdout.write(json.dumps({", ".join(point): count for point, count in sorted(killed.items())}, indent=1))
    assert killed.total() == KILLS
    assert {stage for stage, _ in killed} >= STAGES
    assert {effect for _, effect in killed} >= KINDS


def test_milvus_killed_in_the_middle_is_made_up_for(make_world, own_milvus):
    uri, running, start = own_milvus
    world = make_world(uri)
    dice = random.Random(SEED)
    world.put(*world.fresh(DOCUMENTS))
    with world:
        for dimensions, place in (
            (1024, ["indexing", "milvus read", 1]),
            (512, ["switching", "milvus alias", 1]),
            (512, ["indexing", "milvus collection", 1]),
        ):
            world.start(dimensions, wait=place)
            assert world.hear() == {"reached": place}
            kill_group(running[-1].id.pid)
            world.go_on()
            assert world.hear()["report"]["milvus"] == "incomplete"
            start()
            assert world.load(dimensions)["report"]["milvus"] == "complete"
            world.assert_consistent(dimensions)
            world.change(dice)


def test_a_connection_to_postgresql_dropped_in_the_middle_ends_the_run_and_the_next_one_completes(world, postgres_url):
    dice = random.Random(SEED)
    world.put(*world.fresh(DOCUMENTS))
    with world, psycopg.connect(postgres_url, autocommit=True) as admin:
        for place in (["reading", "sql", 12], ["embedding", "commit", 2], ["indexing", "milvus read", 1]):
            world.start(1024, wait=place)
            answer = world.hear()
            assert answer == {"reached": place}
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'finq'"
                " AND datname = current_database()"
            )
            world.go_on()
            answer = world.hear()
            assert answer["signal"] == 0
            report = world.load(1024)["report"]
            assert report["milvus"] == "complete"
            world.assert_consistent(1024)
            world.change(dice)
