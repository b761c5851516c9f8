"""`figures.yaml`, typed: every number that a page of docs/ rests on, with its origin."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Figure:
    """A number, where it was read, and whether it was read there."""

    value: float
    origin: str
    checked: bool


@dataclass(frozen=True)
class Figures:
    """Prices in USD; what one request uses; quotas of the account."""

    day: date
    prices: dict[str, Figure]
    usage: dict[str, Figure]
    quotas: dict[str, Figure]

    def price(self, name: str) -> float:
        return self.prices[name].value

    def use(self, name: str) -> float:
        return self.usage[name].value

    def quota(self, name: str) -> float:
        return self.quotas[name].value


@cache
def load_figures() -> Figures:
    """The file beside this module."""
    document = yaml.safe_load(files("finq_ops.cost").joinpath("figures.yaml").read_text(encoding="utf-8"))
    return Figures(document["date"], *(_group(document[name]) for name in ("prices", "usage", "quotas")))


def _group(entries: dict[str, dict[str, Any]]) -> dict[str, Figure]:
    return {
        name: Figure(float(entry["value"]), str(entry["from"]), bool(entry.get("checked", True)))
        for name, entry in entries.items()
    }
