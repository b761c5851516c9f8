"""The daily look at the web: policies that people wait for, one search each, what seems to have changed as notices.

A policy is marked as checked in the transaction that stores its notices, and only after its search was answered: a
run that ends early, for whatever reason, leaves the rest to the next one, which begins with them.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from finq.database import Database
from finq.errors import Conflict
from finq.observability import logger
from finq.policies import repository
from finq.policies.model import Policy
from finq.policies.monitor import queue
from finq.policies.monitor.confidence import Finding, assess
from finq.policies.monitor.relevance import name_of
from finq.policies.monitor.wording import alike
from finq.tavily import Page, Tavily, TavilyError, impersonal

RESULTS = 8
_TIMEOUT = 10
_ABOUT_CHANGES = "변경 연장 마감 예산 소진 모집"
_MOST_NOTICES = 3  # of one policy in one run
# Letter pairs that two titles share: another paper's words for the same change, or for anything at all.
_SAME_CHANGE = 0.4
_SAME_TITLE = 0.8
_FAILURES_IN_A_ROW = 3
_THROTTLE_PAUSES = (2.0, 4.0, 8.0)
_TRACKING = ("utm_", "fbclid", "gclid", "igshid")

Ended = Literal["done", "budget", "time", "throttled", "plan", "key", "unavailable"]


@dataclass
class MonitorReport:
    """What a run did.

    Attributes:
        due: policies that were to be looked up.
        checked: of them, looked up; the others are the first of the next run.
        failed: of them, not looked up since the search failed.
        pages: results that came; `rejected` counts those that were not recorded, by reason.
        recorded: notices stored.
        ended: `done`, or why before: searches or time were spent, or what Tavily said.
    """

    due: int = 0
    checked: int = 0
    failed: int = 0
    pages: int = 0
    recorded: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    ended: Ended = "done"
    seconds: float = 0.0

    def reject(self, reason: str) -> None:
        """Count a result that is not recorded."""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1

    def as_json(self) -> dict[str, Any]:
        """JSON object."""
        return asdict(self)


class PolicyMonitor:
    """Looks up what is due, within a budget of searches, which cost money."""

    def __init__(
        self, database: Database, tavily: Tavily, searches: int, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._database = database
        self._tavily = tavily
        self._searches = searches
        self._sleep = sleep

    def run(self, today: date, seconds: float) -> MonitorReport:
        """Look up until all is done, or searches or `seconds` are spent, or Tavily does not go on.

        Raises:
            Conflict: another run is going on.
            ServiceUnavailable: PostgreSQL does not answer; what was recorded so far stays.
        """
        started = time.monotonic()
        report = MonitorReport()
        with self._database.transaction() as connection:
            if not queue.take_lock(connection):
                raise Conflict("정책 소식을 확인하는 작업이 이미 진행 중이에요.")
            due = queue.due(connection, today)
        report.due = len(due)
        try:
            self._look_up(due, today, started + seconds, report)
        finally:
            with self._database.transaction() as connection:
                queue.release_lock(connection)
        report.seconds = round(time.monotonic() - started, 2)
        log = logger.info if report.ended in ("done", "budget", "time") else logger.error
        log("policies monitored", **report.as_json())
        return report

    def _look_up(self, due: list[str], today: date, deadline: float, report: MonitorReport) -> None:
        failures = 0
        for policy_id in due:
            if report.checked + report.failed >= self._searches:
                report.ended = "budget"
                return
            if time.monotonic() > deadline:
                report.ended = "time"
                return
            with self._database.transaction() as connection:
                policy = repository.get_many(connection, [policy_id]).get(policy_id)
            if policy is None:  # withdrawn since the run began
                continue
            try:
                pages = self._search(policy, deadline)
                failures = 0
            except TavilyError as error:
                report.failed += 1
                failures += 1
                if error.refusal in ("key", "plan", "throttled"):
                    report.ended = error.refusal
                    return
                if error.refusal == "unavailable" and failures == _FAILURES_IN_A_ROW:
                    report.ended = "unavailable"
                    return
                if error.refusal == "request":  # it will not be taken tomorrow either: let others go first
                    self._record(policy_id, [], report)
                continue
            report.checked += 1
            report.pages += len(pages)
            self._record(policy_id, self._findings(policy, pages, today, report), report)

    def _search(self, policy: Policy, deadline: float) -> tuple[Page, ...]:
        query = query_for(policy)
        for pause in _THROTTLE_PAUSES:
            try:
                return self._tavily.search(query, results=RESULTS, timeout=_TIMEOUT, time_range="month")
            except TavilyError as error:
                if error.refusal != "throttled" or time.monotonic() + pause > deadline:
                    raise
                self._sleep(pause)
        return self._tavily.search(query, results=RESULTS, timeout=_TIMEOUT, time_range="month")

    @staticmethod
    def _findings(policy: Policy, pages: Iterable[Page], today: date, report: MonitorReport) -> list[Finding]:
        """What the pages tell of, the surest first."""
        found: list[Finding] = []
        for page in pages:
            judged = assess(policy, page, today)
            if isinstance(judged, Finding):
                found.append(judged)
            else:
                report.reject(judged)
        return sorted(found, key=lambda one: -one.confidence)

    def _record(self, policy_id: str, findings: list[Finding], report: MonitorReport) -> None:
        with self._database.transaction() as connection:
            addresses, told = queue.known(connection, policy_id)
            new: list[Finding] = []
            for one in findings:
                address = canonical(one.url)
                again = address in map(canonical, addresses) or _is_told(one, told)
                if again or len(new) == _MOST_NOTICES:
                    report.reject("known" if again else "enough")
                    continue
                new.append(one)
                addresses.add(address)
                told.append((one.kind, one.title))
            report.recorded += queue.record(connection, policy_id, new)
            queue.mark_checked(connection, policy_id)


def _is_told(finding: Finding, told: Iterable[tuple[str, str]]) -> bool:
    return any(
        alike(finding.title, title) >= (_SAME_CHANGE if finding.kind == kind else _SAME_TITLE) for kind, title in told
    )


def query_for(policy: Policy) -> str:
    """What is searched for: the policy's name, who offers it, and words of change."""
    return impersonal(f"{name_of(policy)} {policy.institution} {_ABOUT_CHANGES}")


def canonical(url: str) -> str:
    """The address without what only tells how somebody came there."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if not name.lower().startswith(_TRACKING)]
    host = parts.netloc.lower().removeprefix("www.").removeprefix("m.")
    return urlunsplit(("https", host, parts.path.rstrip("/"), urlencode(kept), ""))
