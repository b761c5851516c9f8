"""Which policies a search may return: one description, the rule in Python, and the same rule as SQL.

Milvus gets a coarser form of it (`finq.policies.vectors.milvus_rows`).
"""

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


# `upper` of a datemultirange is the day after the last day on which one may apply; of an empty one, NULL.
_STATUS_SQL: dict[ApplicationStatus, str] = {
    "open": "(p.application_kind = 'periods' AND p.application_dates @> %(today)s::date)",
    "upcoming": "(p.application_kind = 'periods' AND NOT p.application_dates @> %(today)s::date"
    " AND upper(p.application_dates) > %(today)s::date)",
    "always": "p.application_kind = 'always'",
    "closed": "(p.application_kind = 'closed' OR (p.application_kind = 'periods'"
    " AND coalesce(upper(p.application_dates) <= %(today)s::date, true)))",
    "unknown": "p.application_kind IN ('institution', 'unknown')",
}


def conditions(policy_filter: PolicyFilter) -> tuple[sql.SQL, dict[str, Any]]:
    """The filter as a condition on `youth_policies p`, with its named parameters. Exactly `verdict_if_passing`."""
    told = policy_filter.applicant
    parts = ["p.withdrawn_at IS NULL"]
    parameters: dict[str, Any] = {"today": policy_filter.today}

    def add(condition: str, **values: Any) -> None:
        parts.append(condition)
        parameters.update(values)

    add(f"({' OR '.join(_STATUS_SQL[status] for status in sorted(policy_filter.statuses)) or 'false'})")
    if policy_filter.categories:
        add("p.categories && %(categories)s::text[]", categories=sorted(policy_filter.categories))
    if told.age is not None:
        add(
            "coalesce(p.min_age <= %(age)s, true) AND coalesce(p.max_age + p.age_extension >= %(least_age)s, true)",
            age=told.age,
            least_age=told.least_age,
        )
    if told.region_code is not None:
        own = "p.sido_codes" if len(told.region_code) == 2 else "p.region_codes"
        add(
            f"(p.nationwide OR p.region_codes = '{{}}' OR {own} && %(regions)s::text[])",
            regions=sorted(place_codes(told.region_code)),
        )
    for column, table, name in (
        ("p.employment_codes", codes.EMPLOYMENT, told.employment),
        ("p.education_codes", codes.EDUCATION, told.education),
        ("p.major_codes", codes.MAJOR, told.major),
    ):
        if name in table:
            parameter = column.removeprefix("p.")
            add(
                f"({column} = '{{}}' OR {column} && %({parameter})s::text[])",
                **{parameter: sorted(accepted_codes(table, name))},
            )
    if groups := ruled_out_groups(told):
        add("(p.special_codes = '{}' OR NOT p.special_codes <@ %(not_special)s::text[])", not_special=sorted(groups))
    if told.marital_status is not None:
        add("coalesce(p.marital_status = %(marital_status)s, true)", marital_status=told.marital_status)
    if told.annual_income is not None:
        add(
            "(p.income_kind <> 'annual' OR coalesce(p.max_income >= %(income)s, p.min_income <= %(income)s, true))",
            income=told.annual_income,
        )
    # Only the literals of this module are joined here; every value is a parameter.
    return sql.SQL(" AND ".join(parts)), parameters


def place_codes(region_code: str) -> frozenset[str]:
    """Codes whose listing concerns somebody there: the 시도 itself, or the 시군구 with its city and districts."""
    return frozenset({region_code}) if len(region_code) == 2 else regions.related(region_code)
