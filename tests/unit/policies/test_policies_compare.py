"""Comparing two sorted streams, and how much may vanish at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies.etl.compare import Difference, Wanted, differences
from finq.policies.etl.withdrawal import needs_consent
from finq.policies.vectors.port import entry_version

IDS = st.text(alphabet="aB1_-", min_size=1, max_size=3)
ENTRIES = st.lists(st.tuples(IDS, st.sampled_from(["old", "new"])))


@given(st.dictionaries(IDS, st.just("new")), ENTRIES)
def test_what_differs_is_found_once_each_and_nothing_else(wanted, stored):
    policies = [Wanted(policy_id, text, "limits") for policy_id, text in sorted(wanted.items())]
    entries = sorted((policy_id, entry_version(text, "limits", "m/1024")) for policy_id, text in stored)
    found = list(differences(policies, entries, "m/1024"))
    held = [policy_id for policy_id, _ in stored]
    expected = set()
    for policy in policies:
        copies = held.count(policy.policy_id)
        if copies == 0:
            expected.add((policy.policy_id, "missing", policy))
        elif copies > 1:
            expected.add((policy.policy_id, "duplicate", policy))
        elif (policy.policy_id, "old") in stored:
            expected.add((policy.policy_id, "stale", policy))
    expected |= {(policy_id, "orphan", None) for policy_id in held if policy_id not in wanted}
    assert {(one.policy_id, one.kind, one.wanted) for one in found} == expected
    assert [one.policy_id for one in found] == sorted(one.policy_id for one in found)


def test_another_model_makes_every_entry_stale():
    policies = [Wanted("a", "text", "limits")]
    found = list(differences(policies, [("a", entry_version("text", "limits", "m/1024"))], "m/512"))
    assert found == [Difference("a", "stale", policies[0])]


@pytest.mark.parametrize(
    ("listed", "known", "vanished", "asked"),
    [
        (0, 0, 0, False),
        (100, 100, 0, False),
        (0, 1, 1, True),  # an empty listing, however little it is
        (1, 21, 20, False),  # a few may always go
        (0, 20, 20, True),
        (3_000, 4_000, 1_000, False),
        (2_799, 4_000, 1_201, True),
        (5_000, 4_000, 1_201, True),  # new documents do not make up for what is gone
    ],
)
def test_much_less_than_before_needs_consent(listed, known, vanished, asked):
    assert needs_consent(listed, known, vanished) is asked
