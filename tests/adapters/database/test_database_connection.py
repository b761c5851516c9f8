"""The process's connection: kept, replaced when the server dropped it, opened anew after a rotation."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from finq.database import Database, conninfo_from_settings
from finq.errors import ServiceUnavailable


def backend(database: Database) -> int:
    with database.transaction() as connection:
        row = connection.execute("SELECT pg_backend_pid() AS pid").fetchone()
    assert row is not None
    return int(row["pid"])


def terminate(url: str, pid: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_one_connection_serves_many_transactions(database):
    assert backend(database) == backend(database)


def test_a_block_that_fails_leaves_nothing_behind(database):
    with pytest.raises(RuntimeError), database.transaction() as connection:
        connection.execute("CREATE TABLE half_done (id int)")
        raise RuntimeError
    with database.transaction() as connection:
        row = connection.execute("SELECT to_regclass('half_done') AS found").fetchone()
    assert row == {"found": None}


def test_a_connection_that_the_server_dropped_is_replaced_unnoticed(database, postgres_url):
    first = backend(database)
    terminate(postgres_url, first)
    assert backend(database) != first


def test_a_read_is_one_statement_outside_a_transaction(database):
    backend(database)
    assert database.read(lambda connection: connection.execute("SELECT now() AS now").fetchone()) is not None
    assert database.read(lambda connection: connection.info.transaction_status) == TransactionStatus.IDLE


def test_a_read_sees_what_the_transaction_around_it_wrote(database):
    with pytest.raises(RuntimeError), database.transaction() as connection:
        connection.execute("CREATE TABLE half_done (id int)")
        found = database.read(lambda inner: inner.execute("SELECT to_regclass('half_done') AS found").fetchone())
        assert found == {"found": "half_done"}
        raise RuntimeError


def test_a_read_begins_anew_on_another_connection(database, postgres_url):
    first = backend(database)
    terminate(postgres_url, first)
    row = database.read(lambda connection: connection.execute("SELECT pg_backend_pid() AS pid").fetchone())
    assert row["pid"] != first


def test_a_read_that_takes_too_long_is_an_unavailable_service(database):
    with database.transaction() as connection:
        connection.execute("SET statement_timeout = 20")
    with pytest.raises(ServiceUnavailable):
        database.read(lambda connection: connection.execute("SELECT pg_sleep(5)"))


def test_one_dropped_inside_a_block_is_an_unavailable_service_once(database, postgres_url):
    first = backend(database)
    with pytest.raises(ServiceUnavailable), database.transaction() as connection:
        terminate(postgres_url, first)
        connection.execute("SELECT 1")
    assert backend(database) != first


def test_an_inner_block_never_moves_to_another_connection(database, postgres_url):
    first = backend(database)
    with pytest.raises(ServiceUnavailable), database.transaction():
        terminate(postgres_url, first)
        with database.transaction():
            pytest.fail("the outer block's work would be lost")


def test_nobody_listening_is_an_unavailable_service():
    with pytest.raises(ServiceUnavailable):
        backend(Database(lambda: "host=127.0.0.1 port=1 connect_timeout=1"))


def test_a_rotated_password_is_read_again(postgres_url, aws_environment):
    good = conninfo_to_dict(postgres_url)
    passwords = iter(["the-old-one", good["password"]])
    database = Database(lambda: make_conninfo(**good | {"password": next(passwords)}))
    assert backend(database)
    database.close()


def test_a_secret_that_cannot_be_read_is_an_unavailable_service(aws_environment, monkeypatch):
    monkeypatch.setenv("FINQ_DATABASE_HOST", "127.0.0.1")
    monkeypatch.setenv("FINQ_DATABASE_SECRET_ID", "nobody/made-this")
    with pytest.raises(ServiceUnavailable):
        backend(Database(conninfo_from_settings))
