"""What a user's saved policies ask of them today."""

from collections.abc import Sequence
from datetime import date

from finq.policies.model import Policy
from finq.policies.notices import PolicyNotice
from finq.saved.model import Progress, Today, UserPolicy

SOON_DAYS = 14
OVERDUE_DAYS = 7
_PENDING = frozenset({"interested", "preparing"})


def due_date(policy: Policy, personal: date | None, today: date) -> date | None:
    """The personal deadline, else the policy's next one (None where it has no end), else its last one, passed."""
    if personal or policy.application_kind != "periods":
        return personal
    if policy.application_status(today) != "closed":
        return policy.deadline(today)
    return max((period.end for period in policy.application_periods), default=None)


def plan(saved: Sequence[UserPolicy], notices: Sequence[PolicyNotice], today: date) -> Today:
    """Sort what is saved into today's lists, each by nearest day. What is applied for is no longer due."""
    pending = sorted(
        (item for item in saved if item.status in _PENDING), key=lambda item: (item.due or date.max, item.policy.name)
    )
    dated = [(item, item.d_day) for item in pending if item.d_day is not None]
    return Today(
        date=today,
        overdue=tuple(item for item, days in dated if -OVERDUE_DAYS <= days < 0),
        due_today=tuple(item for item, days in dated if days == 0),
        due_soon=tuple(item for item, days in dated if 0 < days <= SOON_DAYS),
        reminders=tuple(
            item for item, days in dated if item.remind_days_before is not None and 0 <= days <= item.remind_days_before
        ),
        notices=tuple(notices),
        saved=len(saved),
        documents=Progress(
            done=sum(item.progress.done for item in pending), total=sum(item.progress.total for item in pending)
        ),
    )
