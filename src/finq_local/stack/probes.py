"""Readiness: one attempt each, true or false, never an exception."""

import socket
import urllib.error
import urllib.request

ATTEMPT_SECONDS = 0.5


def http_answers(url: str) -> bool:
    """Whether `url` answers a GET with a status below 500."""
    # Straight to the loopback address, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ATTEMPT_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False


def tcp_accepts(port: int) -> bool:
    """Whether 127.0.0.1:port takes connections."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=ATTEMPT_SECONDS).close()
        return True
    except OSError:
        return False


def postgres_answers(conninfo: str) -> bool:
    """Whether PostgreSQL runs a query there."""
    import psycopg  # noqa: PLC0415 -- 0.15 s that only the supervisor pays

    try:
        with psycopg.connect(conninfo, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
        return True
    except psycopg.Error:
        return False
