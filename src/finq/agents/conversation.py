"""What goes into the agents and what comes out. Free of AWS, WebSockets and PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

from finq.policies.card import PolicyCard
from finq.policies.eligibility import Applicant

Stage = Literal["routing", "searching", "web_search", "writing"]
Route = Literal["policy_search", "general", "small_talk"]


@dataclass(frozen=True)
class Turn:
    """An earlier message of the chat."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class Question:
    """One message to answer, with what is known about who asks."""

    text: str
    today: date
    applicant: Applicant = field(default_factory=Applicant)
    interests: tuple[str, ...] = ()
    history: tuple[Turn, ...] = ()


class AnswerStopped(Exception):
    """Raised by a listener when the user stopped the answer.

    The agents close the model's stream and pass it on, with what was said and spent so far in `reply`.
    """

    reply: "Reply | None" = None


class Listener(Protocol):
    """Hears the answer while it is made. Any method may raise `AnswerStopped`."""

    def stage(self, stage: Stage) -> None: ...

    def sources(self, cards: Sequence[PolicyCard]) -> None: ...

    def text(self, text: str) -> None:
        """The next piece of the answer, already checked: its links name retrieved policies only."""
        ...


@dataclass(frozen=True)
class Reply:
    """The whole answer. `usage` counts input_tokens, output_tokens, model_calls; timings are milliseconds by stage."""

    text: str
    cards: tuple[PolicyCard, ...]
    route: Route
    model: str
    usage: dict[str, int]
    grounding: dict[str, Any]  # cited ids, rejected citations, figures not found in the records
    timings: dict[str, float]
