"""Policies worth a user's time: those their profile does not rule out, with the reasons for the order."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from finq.database import Connection
from finq.policies import listing
from finq.policies.card import PolicyCard, card
from finq.policies.eligibility import Applicant
from finq.policies.filters import PolicyFilter
from finq.policies.model import Policy

_CANDIDATES = 100  # read at a time: mostly enough, since few of them are saved already
_SOON_DAYS = 14


class Recommendation(BaseModel):
    """A policy with why it stands where it stands, in Korean."""

    model_config = ConfigDict(frozen=True)

    policy: PolicyCard
    why: tuple[str, ...]


class Recommendations(BaseModel):
    """The best first."""

    model_config = ConfigDict(frozen=True)

    items: tuple[Recommendation, ...]


def recommend(
    connection: Connection,
    user_id: UUID,
    applicant: Applicant,
    interests: Collection[str],
    *,
    today: date,
    limit: int,
) -> Recommendations:
    """Not closed, not saved yet, not ruled out: interests first, then the surely eligible, then by deadline."""
    filters = [PolicyFilter(today=today, applicant=applicant)]
    if interests:
        filters.append(PolicyFilter(today=today, applicant=applicant, categories=frozenset(interests)))
    rows = connection.execute("SELECT policy_id FROM user_policies WHERE user_id = %s", [user_id])
    saved = {row["policy_id"] for row in rows}
    found = {
        policy.id: card(policy, applicant, today)
        for policy_filter in filters
        for policy in _candidates(connection, policy_filter, saved, limit)
    }
    ranked = sorted(found.values(), key=lambda shown: rank(shown, interests))
    return Recommendations(
        items=tuple(Recommendation(policy=shown, why=reasons(shown, interests)) for shown in ranked[:limit])
    )


def _candidates(
    connection: Connection, policy_filter: PolicyFilter, saved: Collection[str], wanted: int
) -> list[Policy]:
    """Those not saved of the nearest deadlines: of the first `_CANDIDATES`, or of more where that leaves too few."""
    candidates: list[Policy] = []
    cursor = None
    while True:
        page = listing.page(connection, policy_filter, sort="deadline", cursor=cursor, limit=_CANDIDATES)
        candidates += [policy for policy in page.policies if policy.id not in saved]
        cursor = page.next_cursor
        if cursor is None or len(candidates) >= wanted:
            return candidates


def rank(shown: PolicyCard, interests: Collection[str]) -> tuple[bool, bool, date, str]:
    """Sort key: smaller is better."""
    return (
        not set(interests) & set(shown.categories),
        shown.verdict != "eligible",
        shown.deadline or date.max,
        shown.id,
    )


def reasons(shown: PolicyCard, interests: Collection[str]) -> tuple[str, ...]:
    """Why a policy is recommended."""
    why = []
    if common := [category for category in shown.categories if category in interests]:
        why.append(f"관심 분야({', '.join(common)})에 맞아요.")
    if shown.verdict == "eligible":
        why.append("알려 준 조건으로 신청할 수 있어요.")
    else:
        why.append("조건을 몇 가지 더 확인해야 해요.")
    if shown.status == "upcoming":
        why.append("접수가 아직 시작되지 않았어요.")
    elif shown.d_day == 0:
        why.append("오늘 마감이에요.")
    elif shown.d_day is not None and shown.d_day <= _SOON_DAYS:
        why.append(f"마감까지 {shown.d_day}일 남았어요.")
    elif shown.status == "always":
        why.append("언제든 신청할 수 있어요.")
    return tuple(why)
