"""A list that changes while it is read: the ids read are those of one moment, or the reading says that it failed."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies.collect.client import Page
from finq.policies.collect.paging import READINGS, UnstableList, read_all


class MovingList:
    """A list cut into pages, which changes before each request as told: [(is insertion, where), …] a request."""

    def __init__(self, length: int, size: int, changes: Iterator[list[tuple[bool, int]]]) -> None:
        self.ids = [f"id-{number}" for number in range(length)]
        self.size = size
        self.requests = 0
        self.moments = [frozenset(self.ids)]
        self._changes = changes
        self._made = length

    def page(self, number: int) -> Page:
        self.requests += 1
        for insertion, where in next(self._changes, []):
            if insertion:
                self.ids.insert(where % (len(self.ids) + 1), f"id-{self._made}")
                self._made += 1
            elif self.ids:
                del self.ids[where % len(self.ids)]
            self.moments.append(frozenset(self.ids))
        start = (number - 1) * self.size
        return Page(len(self.ids), self.size, tuple(self.ids[start : start + self.size]))


change = st.tuples(st.booleans(), st.integers(0, 60))
changes = st.lists(st.lists(change, max_size=3), max_size=60)


@given(length=st.integers(0, 40), size=st.integers(1, 7), happening=changes)
def test_what_is_read_was_the_list_at_one_moment(
    length: int, size: int, happening: list[list[tuple[bool, int]]]
) -> None:
    moving = MovingList(length, size, iter(happening))
    try:
        read = read_all(moving.page, str)
    except UnstableList:
        return
    assert read in moving.moments


@given(length=st.integers(0, 40), size=st.integers(1, 7), happening=st.lists(st.lists(change, max_size=3), max_size=8))
def test_a_list_that_calms_down_is_read(length: int, size: int, happening: list[list[tuple[bool, int]]]) -> None:
    # At most eight requests see changes, and a reading of more than four pages takes longer than that.
    moving = MovingList(length + 4 * size, size, iter(happening))
    assert read_all(moving.page, str) == frozenset(moving.ids)


def test_counts_that_agree_by_chance_do_not_hide_a_missed_record() -> None:
    # "b" moves onto the page that was read, as "a" is removed, and "x" makes up for the count.
    def page(number: int, state: list[str] = ["a", "", "b", "c"]) -> Page:  # noqa: B006
        ids = [one for one in state if one]
        start = (number - 1) * 1
        if number == 1 and "a" in state:
            state[:] = ["b", "c", "x"]
        return Page(3, 1, tuple(ids[start : start + 1]))

    assert read_all(page, str) == {"b", "c", "x"}


def test_a_list_that_never_holds_still_is_said_to() -> None:
    moving = MovingList(10, 5, iter([[(False, 0), (True, 10)]] * 1000))
    with pytest.raises(UnstableList, match="counts 10 records"):
        read_all(moving.page, str)


@pytest.mark.parametrize("lie", [3, 30])
def test_a_count_that_does_not_fit_its_pages_is_a_failure(lie: int) -> None:
    with pytest.raises(UnstableList, match=f"counts {lie} records, its pages held 10 different ones"):
        read_all(lambda number: Page(lie, 10, tuple(map(str, range(10))) if number == 1 else ()), str)


def test_an_unchanging_list_is_read_twice_and_no_more() -> None:
    still = MovingList(10, 5, iter([]))
    assert len(read_all(still.page, str)) == 10
    assert still.requests == 4
    assert READINGS > 2
