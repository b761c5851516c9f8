"""Reading a list that changes while it is read.

Pages are cut anew at each request: a record removed from a page already read moves another one over the cut, and
nobody sees it; counts may agree all the same, when a record was added elsewhere. So the list is read again until
two readings in a row saw the same ids, the first of them as many as the API counted at its end. Then every one of
those ids was in the list at that moment, since the next reading still saw it and a removed number does not come
back; and there was no other, since they are as many as the list had.
"""

from collections.abc import Callable
from typing import Any

from finq.policies.collect.client import Page

READINGS = 6


class UnstableList(Exception):
    """No two readings agreed. The text says what the last one saw."""


def read_all(page: Callable[[int], Page], take: Callable[[Any], str]) -> frozenset[str]:
    """Ids of the list, complete at one moment of the reading.

    Args:
        page: reads a page, from 1; what it raises ends the reading.
        take: gets every record as often as it is seen, the newest version last; gives its id, or something else
            that tells it from others if it has none.

    Raises:
        UnstableList: after `READINGS` readings.
    """
    before: frozenset[str] | None = None
    for _ in range(READINGS):
        seen, total = _reading(page, take)
        if seen == before:
            return seen
        before = seen if len(seen) == total else None
    raise UnstableList(f"the list counts {total} records, its pages held {len(seen)} different ones")


def _reading(page: Callable[[int], Page], take: Callable[[Any], str]) -> tuple[frozenset[str], int]:
    seen: set[str] = set()
    number = 1
    while True:
        read = page(number)
        seen.update(map(take, read.records))
        if not read.records or number * read.size >= read.total:
            return frozenset(seen), read.total
        number += 1
