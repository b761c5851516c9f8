"""Notices of changes to policies, found on the web by the daily check."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from finq.database import Connection

NoticeKind = Literal[
    "eligibility_changed",
    "amount_changed",
    "abolished",
    "budget_spent",
    "closed_early",
    "extended",
    "reopened",
    "rescheduled",
    "closed",
    "other",
]

_SHOWN_DAYS = 30


class PolicyNotice(BaseModel):
    """One change that a page seems to tell of; `url` is its source, `confidence` 0 to 1, `dates` what it names.

    The record of the policy itself says nothing of it until its source does.
    """

    model_config = ConfigDict(frozen=True)

    policy_id: str
    policy_name: str
    kind: NoticeKind
    title: str
    url: str
    summary: str
    confidence: float
    dates: tuple[date, ...]
    found_at: datetime


def recent(connection: Connection, policy_ids: Collection[str]) -> tuple[PolicyNotice, ...]:
    """Notices of the last 30 days about these policies, newest first, at most 50."""
    rows = connection.execute(
        """
        SELECT n.policy_id, p.name AS policy_name, n.kind, n.title, n.url, n.summary,
               round(n.confidence::numeric, 2)::float8 AS confidence, n.dates, n.found_at
          FROM policy_notices n JOIN youth_policies p ON p.id = n.policy_id
         WHERE n.policy_id = ANY(%s) AND n.found_at > now() - make_interval(days => %s)
         ORDER BY n.found_at DESC, n.id DESC
         LIMIT 50
        """,
        [list(policy_ids), _SHOWN_DAYS],
    )
    return tuple(PolicyNotice.model_validate(row) for row in rows)
