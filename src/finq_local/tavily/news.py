"""The sample items, and which of them fit a query."""

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from urllib.parse import urlsplit

_LEAST_SCORE = 0.12


@dataclass(frozen=True)
class Item:
    """One page. Its age is relative, so that "this week" never runs dry."""

    title: str
    url: str
    content: str
    days_ago: int

    @property
    def host(self) -> str:
        """Domain of the address."""
        return urlsplit(self.url).hostname or ""


def load_items() -> tuple[Item, ...]:
    """Every item of `news.json`."""
    document = json.loads(files("finq_local.tavily").joinpath("news.json").read_text(encoding="utf-8"))
    return tuple(Item(**item) for item in document["items"])


def published(item: Item, now: datetime) -> str:
    """Date of the item as the service writes it: "Mon, 21 Oct 2024 07:00:00 GMT"."""
    day = (now - timedelta(days=item.days_ago)).replace(hour=7, minute=0, second=0, microsecond=0)
    return format_datetime(day, usegmt=True)


def rank(query: str, items: tuple[Item, ...]) -> list[tuple[float, Item]]:
    """(score in 0..1, item), best first: share of the query's letter pairs found, rare ones counting more.

    Letter pairs stand for words, since Korean words change their endings.
    """
    texts = [_pairs(f"{item.title} {item.content}") for item in items]
    wanted = _pairs(query)
    weights = {pair: math.log(1 + len(items) / (1 + sum(pair in text for text in texts))) for pair in wanted}
    whole = sum(weights.values()) or 1.0
    scored = [
        (round(sum(weights[pair] for pair in wanted & text) / whole, 4), item)
        for text, item in zip(texts, items, strict=True)
    ]
    return sorted(
        (entry for entry in scored if entry[0] >= _LEAST_SCORE), key=lambda entry: (-entry[0], entry[1].days_ago)
    )


def _pairs(text: str) -> set[str]:
    words = re.findall(r"[가-힣A-Za-z0-9]+", text.lower())
    return {word[at : at + 2] for word in words for at in range(max(1, len(word) - 1))}
