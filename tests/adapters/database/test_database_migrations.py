"""What migrations leave behind for every session, and that they outlast the time limit they set."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from finq import migrations

LIMIT = "100ms"
WAITED = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND now() - query_start > interval '300 ms'"
)


def test_sessions_have_seouls_time_and_a_limit(empty_postgres_url):
    url = empty_postgres_url()
    migrations.apply(url)
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("Asia/Seoul",)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("20s",)


def test_a_run_waits_for_another_beyond_the_limit(empty_postgres_url):
    url = empty_postgres_url()
    migrations.apply(url)
    with psycopg.connect(url, autocommit=True) as other, ThreadPoolExecutor(1) as pool:
        database = other.info.dbname
        other.execute("SELECT pg_advisory_lock(%s)", [migrations._LOCK])
        other.execute(f"ALTER DATABASE {database} SET statement_timeout TO '{LIMIT}'")
        waiting = pool.submit(migrations.apply, url)
        while other.execute(WAITED).fetchone() == (0,):
            assert not waiting.done(), waiting.exception()
        other.execute("SELECT pg_advisory_unlock(%s)", [migrations._LOCK])
        assert waiting.result() == []
