"""Birth years that were stored before profiles kept days become those years' days."""

from collections.abc import Callable
from datetime import date
from importlib.resources import files
from uuid import uuid4

import psycopg
import pytest

NEW = "0005.eligibility.sql"


def test_a_stored_birth_year_becomes_its_days(empty_postgres_url: Callable[[], str]) -> None:
    scripts = {
        script.name: script.read_text("utf-8") for script in files("finq.migrations").iterdir() if script.is_file()
    }
    known, untold = uuid4(), uuid4()
    with psycopg.connect(empty_postgres_url()) as connection:
        for name in sorted(name for name in scripts if name.endswith(".sql") and name < NEW):
            connection.execute(scripts[name].encode())
        connection.execute(
            "INSERT INTO users (id, email, birth_year) VALUES (%s, 'a@example.com', 2001), (%s, 'b@example.com', NULL)",
            [known, untold],
        )
        connection.execute(scripts[NEW].encode())

        born = {row[0]: row[1:] for row in connection.execute("SELECT id, born_from, born_to FROM users")}
        assert born == {known: (date(2001, 1, 1), date(2001, 12, 31)), untold: (None, None)}
        for first, last in (("2001-01-01", None), ("2001-01-02", "2001-01-01"), ("2001-01-01", "2002-01-02")):
            with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
                connection.execute("UPDATE users SET born_from = %s, born_to = %s", [first, last])
