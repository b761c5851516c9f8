"""The handlers of the loader and of the two pgvector functions."""

import base64
import json
from types import SimpleNamespace

import pytest
from psycopg.conninfo import conninfo_to_dict

from finq import migrations
from finq.errors import InvalidInput
from finq.functions import check_pgvector, install_pgvector, load_policies
from finq.policies.vectors.pgvector import PgVectorStore, index_name

CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="request-1"
)


def url_event(body=None, *, encoded=False):
    if body is not None and encoded:
        body = base64.b64encode(body.encode()).decode()
    return {"version": "2.0", "requestContext": {"http": {"method": "POST"}}, "body": body, "isBase64Encoded": encoded}


@pytest.fixture
def handler(database, monkeypatch):
    """The loader's handler, with a loader that only notes how it is called."""
    calls = []

    class Loader:
        def run(self, **arguments):
            calls.append(arguments)
            return SimpleNamespace(as_json=lambda: {"stage": "done"})

    monkeypatch.setattr(load_policies, "_loader", Loader)
    monkeypatch.setattr(load_policies, "database", database)
    return SimpleNamespace(calls=calls, invoke=lambda event: load_policies.handler(event, CONTEXT))


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ({}, {"prefix": "", "withdraw_missing": True}),
        ({"prefix": "2026/", "withdraw_missing": False}, {"prefix": "2026/", "withdraw_missing": False}),
        ({"withdraw_missing": "force"}, {"prefix": "", "withdraw_missing": "force"}),
        ({"detail-type": "Scheduled Event", "source": "aws.events"}, {"prefix": "", "withdraw_missing": True}),
    ],
)
def test_direct_and_scheduled_events_start_a_run(handler, event, arguments):
    assert handler.invoke(event) == {"stage": "done"}
    assert handler.calls == [arguments]


def test_who_accepts_that_documents_are_removed_accepts_that_policies_are_withdrawn(handler, monkeypatch):
    collector = SimpleNamespace(run=lambda accept_vanished: SimpleNamespace(as_json=lambda: {}))
    monkeypatch.setattr(load_policies, "_collector", lambda: collector)
    for accept, withdraw in ((True, "force"), (False, True)):
        handler.invoke({"action": "collect", "then": "load", "accept_vanished": accept})
        assert handler.calls.pop() == {"prefix": "", "withdraw_missing": withdraw}


@pytest.mark.parametrize("encoded", [False, True])
def test_the_function_url_starts_a_run(handler, encoded):
    response = handler.invoke(url_event('{"prefix": "a/"}', encoded=encoded))
    assert (response["statusCode"], json.loads(response["body"])) == (200, {"stage": "done"})
    assert handler.calls == [{"prefix": "a/", "withdraw_missing": True}]


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"prefix": 1}', '{"unknown": 1}', '{"action": "drop"}', '{"withdraw_missing": "yes"}']
)
def test_a_bad_request_is_answered_with_the_error_shape(handler, body):
    response = handler.invoke(url_event(body))
    error = json.loads(response["body"])["error"]
    assert (response["statusCode"], error["code"], error["request_id"]) == (400, "INVALID_INPUT", "request-1")
    assert error["details"]["fields"]
    assert handler.calls == []


def test_a_bad_direct_event_is_raised(handler):
    with pytest.raises(InvalidInput):
        handler.invoke({"prefix": None})


def test_status_tells_of_the_last_run(handler):
    assert handler.invoke({"action": "status"}) == {"status": "none"}
    assert json.loads(handler.invoke(url_event('{"action": "status"}'))["body"]) == {"status": "none"}


def test_installing_twice_applies_the_migrations_once(empty_postgres_url, monkeypatch):
    url = empty_postgres_url()
    monkeypatch.setattr(install_pgvector, "conninfo_from_settings", lambda: url)
    first = install_pgvector.handler({}, CONTEXT)["applied"]
    assert first[0] == "0001.initial"
    assert first == sorted(first)
    assert install_pgvector.handler({}, CONTEXT) == {"applied": []}


def test_concurrent_installations_apply_each_migration_once(empty_postgres_url):
    from concurrent.futures import ThreadPoolExecutor

    url = empty_postgres_url()
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrations.apply, [url] * 4))
    assert sorted(map(bool, applied)) == [False, False, False, True]


def test_the_password_is_in_no_log(empty_postgres_url, caplog):
    url = empty_postgres_url()
    with caplog.at_level("DEBUG"):
        migrations.apply(url)
    assert "Applying 0001.initial" in caplog.text
    assert conninfo_to_dict(url)["password"] not in caplog.text


def test_the_check_reports_extension_indexes_and_rows(database, monkeypatch):
    monkeypatch.setattr(check_pgvector, "database", database)
    PgVectorStore(database).ensure_index("model/1024")
    report = check_pgvector.handler({}, CONTEXT)
    with database.transaction() as connection:  # containers may have another version
        version = connection.execute("SHOW server_version").fetchone()
        vector = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    assert [report["postgresql"]] == list(version.values())
    assert [report["extension"]["installed"]] == list(vector.values())
    assert report["extension"]["safe"] is (tuple(map(int, vector["extversion"].split("."))) >= (0, 8, 2))
    assert {index["name"]: index["method"] for index in report["indexes"]}[index_name("model/1024")] == "hnsw"
    assert report["rows"] == {"policies": 0, "withdrawn": 0, "vectors": 0}
    json.dumps(report)


def test_the_check_works_before_the_installation(empty_postgres_url, monkeypatch):
    from finq.database import Database

    url = empty_postgres_url()
    fresh = Database(lambda: url)
    monkeypatch.setattr(check_pgvector, "database", fresh)
    report = check_pgvector.handler({}, CONTEXT)
    fresh.close()
    assert report["extension"]["installed"] is None
    assert report["extension"]["available"]
    assert (report["indexes"], report["rows"]) == ([], None)
