"""What a store holds against what PostgreSQL says it should, as two streams in order of the policy's id."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from finq.database import Database
from finq.policies.vectors.port import entry_version

_PAGE = 5_000

Kind = Literal["missing", "stale", "orphan", "duplicate"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A policy that is not withdrawn, and the hashes of what its entry is made of."""

    policy_id: str
    text_hash: str
    limits_hash: str


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that is not what it should be; `wanted` is None where there should be none."""

    policy_id: str
    kind: Kind
    wanted: Wanted | None


def wanted_policies(database: Database) -> Iterator[Wanted]:
    """Every policy that is not withdrawn, by id in the order of code points, in memory a page at a time."""
    last = ""
    while True:
        with database.transaction() as connection:
            rows = connection.execute(
                "SELECT id, text_hash, limits_hash FROM youth_policies"
                ' WHERE withdrawn_at IS NULL AND id COLLATE "C" > %s'
                ' ORDER BY id COLLATE "C" LIMIT %s',
                [last, _PAGE],
            ).fetchall()
        for row in rows:
            yield Wanted(row["id"], row["text_hash"], row["limits_hash"])
        if len(rows) < _PAGE:
            return
        last = rows[-1]["id"]


def differences(wanted: Iterable[Wanted], stored: Iterable[tuple[str, str]], model_id: str) -> Iterator[Difference]:
    """Compare `wanted` with the (policy id, `entry_version`) of what is `stored`, both in order of the id."""
    entries = iter(stored)
    entry = next(entries, None)
    for policy in wanted:
        while entry and entry[0] < policy.policy_id:
            yield Difference(entry[0], "orphan", None)
            entry = next(entries, None)
        if entry is None or entry[0] != policy.policy_id:
            yield Difference(policy.policy_id, "missing", policy)
            continue
        found, count = entry[1], 0
        while entry and entry[0] == policy.policy_id:
            count += 1
            entry = next(entries, None)
        if count > 1:
            yield Difference(policy.policy_id, "duplicate", policy)
        elif found != entry_version(policy.text_hash, policy.limits_hash, model_id):
            yield Difference(policy.policy_id, "stale", policy)
    while entry:
        yield Difference(entry[0], "orphan", None)
        entry = next(entries, None)
