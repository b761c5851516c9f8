"""Policies people saved, the Tavily stand-in with news about them, and the monitor between the two."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from finq import clock
from finq.database import Database
from finq.policies import repository
from finq.policies.model import Period, Policy
from finq.policies.monitor.monitor import MonitorReport, PolicyMonitor
from finq.settings import WebSearchSettings
from finq.tavily import Tavily

TODAY = clock.today()


class World:
    """PostgreSQL as the tests fill it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def store(self, policy_id: str, name: str = "", *, ends_in: int | None = None, **fields: Any) -> None:
        """A policy; open for so many more days, or always."""
        if ends_in is not None:
            period = Period(start=TODAY - timedelta(days=4000), end=TODAY + timedelta(days=ends_in))
            fields |= {"application_kind": "periods", "application_periods": (period,)}
        defaults = {
            "application_kind": "always",
            "nationwide": True,
            "institution": "새싹진흥원",
            "raw": {"id": policy_id},
        }
        policy = Policy(id=policy_id, name=name or f"{policy_id} 마중물 통장", **{**defaults, **fields})
        with self.database.transaction() as connection:
            repository.upsert(connection, [policy])

    def save(self, *policy_ids: str) -> None:
        """Somebody new saves them."""
        with self.database.transaction() as connection:
            user = uuid4()
            connection.execute("INSERT INTO users (id, email) VALUES (%s, %s)", [user, f"{user}@example.com"])
            for policy_id in policy_ids:
                connection.execute("INSERT INTO user_policies (user_id, policy_id) VALUES (%s, %s)", [user, policy_id])

    def checked(self, policy_id: str, days_ago: float) -> None:
        self.execute(
            "INSERT INTO policy_checks VALUES (%s, now() - make_interval(hours => %s))", policy_id, days_ago * 24
        )

    def execute(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        with self.database.transaction() as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def notices(self) -> list[dict[str, Any]]:
        return self.execute("SELECT * FROM policy_notices ORDER BY id")

    def checks(self) -> set[str]:
        return {row["policy_id"] for row in self.execute("SELECT policy_id FROM policy_checks")}

    def policies(self) -> list[dict[str, Any]]:
        """Everything that the table of policies holds."""
        return self.execute("SELECT * FROM youth_policies ORDER BY id")


class News:
    """The stand-in: what it finds, and how it fails."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._admin = httpx.Client(base_url=f"{url}/_standin", trust_env=False)

    def publish(self, title: str, content: str = "", *, url: str = "", days_ago: int = 1) -> None:
        item = {"title": title, "content": content, "url": url or f"https://news.example.org/{uuid4()}"}
        self._admin.put("/items", json=[item | {"days_ago": days_ago}]).raise_for_status()

    def fail(self, error: str, count: int = 1, *, after_calls: int = 0) -> None:
        fault = {"operation": "search", "error": error, "count": count, "after_calls": after_calls}
        self._admin.put("/faults", json=fault).raise_for_status()

    def searches(self) -> int:
        return int(self._admin.get("/calls").raise_for_status().json()["calls"].get("search", 0))

    def reset(self) -> None:
        for path in ("/items", "/faults", "/calls"):
            self._admin.delete(path).raise_for_status()


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def news(tavily: str) -> Iterator[News]:
    news = News(tavily)
    news.reset()
    yield news
    news.reset()


@pytest.fixture
def monitor(aws_environment: Any, database: Database, news: News) -> Callable[..., MonitorReport]:
    """Run the monitor on a day, within so many seconds and searches; `pauses` collects those it would have made."""

    def run(
        today: date = TODAY,
        *,
        seconds: float = 60,
        searches: int = 50,
        pauses: list[float] | None = None,
        **settings: Any,
    ) -> MonitorReport:
        tavily = Tavily(WebSearchSettings(**{"url": news.url, **settings}))
        sleep = (pauses if pauses is not None else []).append
        return PolicyMonitor(database, tavily, searches, sleep=sleep).run(today, seconds)

    return run
