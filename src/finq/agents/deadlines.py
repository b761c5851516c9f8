"""Deadlines that a message asks for: policies that keep them come first, and the answer says so."""

from collections.abc import Sequence
from datetime import date

from finq.policies.model import Policy
from finq.policies.search import Hit
from finq.policies.understanding import Stated

LOOKED_AMONG = 15  # hits: further down, what keeps the deadline has little to do with the question


def asked_for(stated: Stated) -> bool:
    """Whether the message says when one wants to apply."""
    return stated.apply_by is not None or stated.always_open


def in_time_first(hits: Sequence[Hit], stated: Stated, today: date) -> tuple[list[Hit], str]:
    """The hits, those that keep the deadline first and else in their order, and a Korean sentence that says so."""
    ordered = sorted(hits, key=lambda hit: not _keeps(hit.policy, stated, today))
    what = "상시 신청할 수 있는"
    if stated.apply_by:
        what = f"{stated.apply_by.value.month}월 {stated.apply_by.value.day}일까지 마감되는"
    if ordered and _keeps(ordered[0].policy, stated, today):
        return ordered, f"{what} 정책을 먼저 보여 드려요."
    return ordered, f"{what} 정책은 찾지 못했어요."


def _keeps(policy: Policy, stated: Stated, today: date) -> bool:
    if stated.apply_by is None:
        return policy.application_status(today) == "always"
    deadline = policy.deadline(today)
    return deadline is not None and deadline <= stated.apply_by.value
