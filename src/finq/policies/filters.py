"""Which policies a search may return: one description, the rule in Python, and the same rule as SQL.

Milvus gets a coarser form of it (`finq.policies.vectors.milvus_rows`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg import sql

from finq.policies import codes, regions
from finq.policies.eligibility import Applicant, Verdict, accepted_codes, assess, ruled_out_groups
from finq.policies.model import ApplicationStatus, Policy

NOT_CLOSED: frozenset[ApplicationStatus] = frozenset({"open", "upcoming", "always", "unknown"})


@dataclass(frozen=True)
class PolicyFilter:
    """Limits of a search. Withdrawn policies never pass."""

    today: date
    applicant: Applicant = field(default_factory=Applicant)
    statuses: frozenset[ApplicationStatus] = NOT_CLOSED
    categories: frozenset[str] = frozenset()  # names of finq.policies.codes.CATEGORIES; empty: all


def verdict_if_passing(policy: Policy, policy_filter: PolicyFilter) -> Verdict | None:
    """The verdict for the applicant, or None where the filter keeps the policy out."""
    if policy.application_status(policy_filter.today) not in policy_filter.statuses:
        return None
    if policy_filter.categories and policy_filter.categories.isdisjoint(policy.categories):
        return None
    verdict = assess(policy, policy_filter.applicant)
    return None if verdict.status == "not_eligible" else verdict


_NO_SIDO = 62  # for codes that have been abolished: of all policies, only nationwide ones have this bit of their bigint

# `closes` is the day after the last on which one may apply, so it tells the closed ones from all others.
_STATUS_SQL: dict[ApplicationStatus, str] = {
    "open": "l.application_kind = 'periods' AND l.application_dates @> %(today)s::date",
    "upcoming": "l.application_kind = 'periods' AND l.closes > %(today)s::date"
    " AND NOT l.application_dates @> %(today)s::date",
    "always": "l.application_kind = 'always'",
    "closed": "l.closes <= %(today)s::date",
    "unknown": "l.application_kind IN ('institution', 'unknown')",
}


def conditions(policy_filter: PolicyFilter) -> tuple[sql.SQL, dict[str, Any]]:
    """The filter as a condition on `policy_limits l`, with its named parameters. Exactly `verdict_if_passing`."""
    told = policy_filter.applicant
    parts: list[str] = []
    parameters: dict[str, Any] = {"today": policy_filter.today}

    def add(condition: str, **values: Any) -> None:
        parts.append(condition)
        parameters.update(values)

    if policy_filter.statuses == NOT_CLOSED:
        add("l.closes > %(today)s::date")
    else:
        add(" OR ".join(_STATUS_SQL[status] for status in sorted(policy_filter.statuses)) or "false")
    if told.age is not None:
        add("l.min_age <= %(age)s AND l.max_age >= %(least_age)s", age=told.age, least_age=told.least_age)
    if told.region_code is not None:
        # CASE, since PostgreSQL would compare the lists first, which takes longest.
        listed = "true" if len(told.region_code) == 2 else "l.sidos = -1 OR l.region_codes && %(regions)s::text[]"
        add(
            f"CASE WHEN l.sidos & %(sido)s::bigint = 0 THEN false ELSE {listed} END",
            sido=1 << min(int(told.region_code[:2]), _NO_SIDO),
            regions=sorted(place_codes(told.region_code)),
        )
    for column, table, name in (
        ("employment", codes.EMPLOYMENT, told.employment),
        ("education", codes.EDUCATION, told.education),
        ("major", codes.MAJOR, told.major),
    ):
        if name in table:
            add(f"l.{column} & %({column})s::smallint <> 0", **{column: code_bits(accepted_codes(table, name))})
    if groups := ruled_out_groups(told):
        add("l.special & %(not_ruled_out)s::smallint <> 0", not_ruled_out=~code_bits(groups))
    if told.marital_status is not None:
        add("coalesce(l.married = %(married)s, true)", married=told.marital_status == "married")
    if told.annual_income is not None:
        add(
            "coalesce(l.max_income >= %(income)s, true) AND coalesce(l.min_income <= %(income)s, true)",
            income=told.annual_income,
        )
    if policy_filter.categories:
        add("l.categories && %(categories)s::text[]", categories=sorted(policy_filter.categories))
    # Only the literals of this module are joined here; every value is a parameter.
    return sql.SQL(" AND ".join(f"({part})" for part in parts)), parameters


def code_bits(listed: Iterable[str]) -> int:
    """Codes of one table of `finq.policies.codes` as the bits of their last digits; migration 0008 says the same."""
    return sum(1 << int(code[-1]) for code in set(listed))


def place_codes(region_code: str) -> frozenset[str]:
    """Codes whose listing concerns somebody there: the 시도 itself, or the 시군구 with its city and districts."""
    return frozenset({region_code}) if len(region_code) == 2 else regions.related(region_code)
