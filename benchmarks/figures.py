"""A figure that FinQ is held to, printed as one JSON line."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """`bar` is the most that is allowed, or the least where `at_least`; None for a figure that is only reported."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False

    @property
    def ok(self) -> bool:
        """Whether the bar is kept."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    def line(self) -> str:
        """`{"name", "value", "unit", "bar", "ok"}`."""
        fields = asdict(self)
        del fields["at_least"]
        return json.dumps({**fields, "value": round(self.value, 4), "ok": self.ok}, ensure_ascii=False)


def p50(values: Sequence[float]) -> float:
    """Median."""
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    """99th percentile; the largest of fewer than a hundred values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
