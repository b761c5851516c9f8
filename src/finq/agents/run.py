"""One run of the agents: who listens, what was said so far, what it cost and how long its parts took."""

from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage

from finq.agents.conversation import Listener


@dataclass
class Ledger:
    """Running totals over every model call of one answer; `timings` are milliseconds by stage."""

    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0
    answered_by: str = ""
    timings: dict[str, float] = field(default_factory=dict)

    def record(self, message: BaseMessage) -> None:
        """Add the tokens that a reply, or the last chunk of a stream, reports."""
        usage = getattr(message, "usage_metadata", None) or {}
        self.input_tokens += usage.get("input_tokens", 0)
        self.output_tokens += usage.get("output_tokens", 0)

    def usage(self) -> dict[str, int]:
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "model_calls": self.model_calls,
        }


@dataclass
class Run:
    """Everything of one answer that the agents share but that is no state of the graph."""

    listener: Listener
    ledger: Ledger = field(default_factory=Ledger)
    text: str = ""
    grounding: dict[str, Any] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Pass the next checked piece of the answer on, at once."""
        if text:
            self.text += text
            self.listener.text(text)
