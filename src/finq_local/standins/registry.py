"""Faults to inject, delays to add, and counts of what happened: the memory behind `/_standin`."""

from collections import Counter, deque
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Delays(BaseModel):
    """Milliseconds to wait: before a stream's first piece, before each further piece, before an embedding."""

    model_config = ConfigDict(extra="forbid")

    first_token_ms: float = Field(0, ge=0, le=600_000)
    token_ms: float = Field(0, ge=0, le=60_000)
    embedding_ms: float = Field(0, ge=0, le=600_000)


class Fault(BaseModel):
    """Fail the next `count` calls of `operation` with `error`, once `after_calls` more of them went well.

    With `after_tokens`, the answer begins and breaks after so many pieces of its stream.
    """

    model_config = ConfigDict(extra="forbid")

    operation: str
    error: str
    message: str = ""
    count: int = Field(1, ge=1)
    after_calls: int = Field(0, ge=0)
    after_tokens: int | None = Field(None, ge=0)


class Registry:
    """State of one stand-in. Used from its event loop only, so nothing is locked.

    Args:
        errors: operation -> names of the errors that may be injected there.
        delays: what `reset_faults` goes back to.
        recorded: how many of the last requests to keep; 0 keeps none, since requests carry what people wrote.
    """

    def __init__(
        self,
        errors: Mapping[str, Collection[str]],
        *,
        delays: Delays | None = None,
        recorded: int = 0,
    ) -> None:
        self._errors = errors
        self._initial_delays = delays or Delays()
        self._requests: deque[dict[str, Any]] = deque(maxlen=recorded)
        self._recording = recorded > 0
        self.reset_faults()
        self.reset_calls()

    def reset_faults(self) -> None:
        """Forget every fault; delays go back to what the server started with."""
        self.faults: list[Fault] = []
        self.delays = self._initial_delays.model_copy()

    def reset_calls(self) -> None:
        """Start counting anew."""
        self.calls: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.streams: Counter[str] = Counter(started=0, completed=0, aborted=0, failed=0)
        self.tokens = 0
        self._requests.clear()

    def add(self, fault: Fault) -> None:
        """Queue a fault.

        Raises:
            ValueError: naming what may be written instead.
        """
        if fault.operation not in self._errors:
            raise ValueError(f"operation must be one of {sorted(self._errors)}")
        if fault.error not in self._errors[fault.operation]:
            raise ValueError(f"error must be one of {sorted(self._errors[fault.operation])}")
        self.faults.append(fault)

    def called(self, operation: str, request: dict[str, Any]) -> Fault | None:
        """Count a call and take the fault that awaits it, if any."""
        self.calls[operation] += 1
        if self._recording:
            self._requests.append({"operation": operation, **request})
        fault = next((fault for fault in self.faults if fault.operation == operation), None)
        if fault is not None and fault.after_calls:
            fault.after_calls -= 1
            return None
        if fault is not None:
            fault.count -= 1
            if fault.count == 0:
                self.faults.remove(fault)
        return fault

    def snapshot(self) -> dict[str, Any]:
        """The counters as JSON; `requests` only while recording."""
        counted: dict[str, Any] = {
            "calls": dict(self.calls),
            "errors": dict(self.errors),
            "tokens": self.tokens,
            "streams": dict(self.streams),
        }
        if self._recording:
            counted["requests"] = list(self._requests)
        return counted
