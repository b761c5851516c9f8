"""Filters in SQL equal the rule in Python; pages hold every policy once, in order."""

import base64
import json
from datetime import date

import pytest

from finq.errors import InvalidInput
from finq.policies import codes, listing, repository
from finq.policies.filters import PolicyFilter, conditions, verdict_if_passing

TODAY = date(2026, 11, 22)
STATUSES = ("open", "upcoming", "always", "closed", "unknown")
ALL = frozenset(STATUSES)


@pytest.fixture
def stored(database, make_policies):
    policies = make_policies(300)
    with database.transaction() as connection:
        repository.upsert(connection, policies)
        repository.withdraw(connection, ["P00000"])
    return policies[1:]


def test_sql_and_python_filter_alike(database, stored, make_applicant, dice):
    with database.transaction() as connection:
        for _ in range(150):
            wanted = PolicyFilter(
                TODAY,
                make_applicant(),
                frozenset(dice.sample(STATUSES, dice.randint(0, 5))),
                frozenset(dice.sample(codes.CATEGORIES, dice.choice([0, 0, 1, 2]))),
            )
            where, parameters = conditions(wanted)
            rows = connection.execute("SELECT policy_id FROM policy_limits l WHERE " + where.as_string(), parameters)
            expected = {policy.id for policy in stored if verdict_if_passing(policy, wanted)}
            assert {row["policy_id"] for row in rows} == expected, wanted


def pages(database, wanted, sort, limit=37):
    cursor, found = None, []
    while True:
        with database.transaction() as connection:
            page = listing.page(connection, wanted, sort=sort, cursor=cursor, limit=limit)
        found += page.policies
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


def order_of(policy, sort):
    far = date.max
    rank = {"open": 0, "always": 0, "upcoming": 1, "unknown": 2, "closed": 3}[policy.application_status(TODAY)]
    changed = policy.modified_at.timestamp() if policy.modified_at else 0
    return {
        "recommended": (rank, policy.nationwide, -policy.views, policy.id),
        "deadline": (policy.deadline(TODAY) or far, -policy.views, policy.id),
        "latest": (-changed, policy.id),
        "views": (-policy.views, policy.id),
    }[sort]


@pytest.mark.parametrize("sort", ["recommended", "deadline", "latest", "views"])
def test_pages_hold_everything_once_and_in_order(database, stored, sort):
    wanted = PolicyFilter(TODAY, statuses=ALL)
    found = pages(database, wanted, sort)
    shown = [policy.model_copy(update={"raw": None}) for policy in stored]
    assert found == sorted(shown, key=lambda policy: order_of(policy, sort))


def test_a_policy_that_appears_between_two_pages_shifts_nothing(database, stored):
    wanted = PolicyFilter(TODAY, statuses=ALL)
    with database.transaction() as connection:
        first = listing.page(connection, wanted, sort="views", limit=100)
        newcomer = stored[0].model_copy(update={"id": "NEW", "views": 10**6})
        repository.upsert(connection, [newcomer])
        second = listing.page(connection, wanted, sort="views", limit=100, cursor=first.next_cursor)
    assert not {p.id for p in first.policies} & {p.id for p in second.policies}


def encoded(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "@@@",
        "가",
        "bm90IGpzb24",
        encoded([]),
        encoded(["views", [1], 7]),
        encoded(["latest", [1], "P1"]),
        encoded(["views", [1, 2], "P1"]),
        encoded(["views", ["1; DROP TABLE users"], "P1"]),
        encoded(["views", [2**63], "P1"]),
        encoded(["views", [1], "\0"]),
    ],
)
def test_a_foreign_cursor_is_invalid_input(database, cursor):
    with database.transaction() as connection, pytest.raises(InvalidInput):
        listing.page(connection, PolicyFilter(TODAY), sort="views", cursor=cursor)


@pytest.mark.parametrize("arguments", [{"sort": "price"}, {"limit": 0}, {"limit": 101}])
def test_other_arguments_are_checked(database, arguments):
    with database.transaction() as connection, pytest.raises(InvalidInput):
        listing.page(connection, PolicyFilter(TODAY), **arguments)
