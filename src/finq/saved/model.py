"""Saved policies, their documents and today's view, as the API shows and takes them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from finq.policies.card import PolicyCard
from finq.policies.model import PolicyId
from finq.policies.notices import PolicyNotice
from finq.rest import Body

SavedStatus = Literal["interested", "preparing", "applied", "selected", "rejected"]
Notes = Annotated[str, Field(max_length=2000)]
RemindDays = Annotated[int, Field(ge=0, le=60)]


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True)


class NewUserPolicy(Body):
    """What to save."""

    policy_id: PolicyId
    status: SavedStatus = "interested"
    personal_deadline: date | None = None
    notes: Notes = ""
    remind_days_before: RemindDays | None = None


class UserPolicyChange(Body):
    """A field that was not sent stays as it is; null clears the deadline or the reminder."""

    status: SavedStatus = "interested"
    personal_deadline: date | None = None
    notes: Notes = ""
    remind_days_before: RemindDays | None = None


class Progress(_Shown):
    """How many of the documents are ready."""

    done: int
    total: int


class UserPolicy(_Shown):
    """A saved policy. `due` is the personal deadline, else the policy's; `d_day` is negative once it has passed."""

    id: UUID
    status: SavedStatus
    personal_deadline: date | None
    notes: str
    remind_days_before: int | None
    due: date | None
    d_day: int | None
    progress: Progress
    policy: PolicyCard
    created_at: datetime
    updated_at: datetime


class UserPolicyPage(_Shown):
    """Saved policies, the newest first; `next_cursor` is None on the last page."""

    items: tuple[UserPolicy, ...]
    next_cursor: str | None


class DocumentTick(Body):
    """One document ticked or unticked. Without `note` the stored one stays."""

    document_id: int = Field(ge=1, lt=2**63)
    done: bool
    note: str = Field("", max_length=500)


class DocumentTicks(Body):
    """Documents to change; the others stay as they are."""

    documents: tuple[DocumentTick, ...] = Field(min_length=1, max_length=100)


class DocumentState(_Shown):
    """A document of a saved policy. `description` is the record's note, `note` the user's own."""

    document_id: int
    name: str
    description: str
    required: bool | None
    current: bool
    done: bool
    note: str


class DocumentProgress(_Shown):
    """All documents of a saved policy. `progress` counts those that the record still lists."""

    documents: tuple[DocumentState, ...]
    progress: Progress


class Today(_Shown):
    """What wants doing on `date`. Only policies not applied for yet are due."""

    date: date
    overdue: tuple[UserPolicy, ...]
    due_today: tuple[UserPolicy, ...]
    due_soon: tuple[UserPolicy, ...]
    reminders: tuple[UserPolicy, ...]
    notices: tuple[PolicyNotice, ...]
    saved: int
    documents: Progress
