"""A policy as a row of the Milvus collection, and a filter as a Milvus expression.

Only numbers and booleans are filtered: they are fast on every Milvus, while arrays and JSON are slow on Milvus
Lite and `like "%x%"` needs Milvus 2.4. The expression lets through more than the rule does in three places: a
policy of several regions passes for every region, gaps between application periods count as open, and majors and
special groups, which rule out few people of few policies, are left to the rule.
"""

from datetime import date
from functools import lru_cache
from typing import Any

from finq.policies import codes
from finq.policies.eligibility import Applicant, accepted_codes
from finq.policies.filters import NOT_CLOSED, PolicyFilter, place_codes
from finq.policies.model import ApplicationStatus, Policy
from finq.policies.vectors.port import VectorEntry

_NO_MAX_AGE = 1_000
_NO_MAX_INCOME = 2**31 - 1
_SEVERAL = 0  # no region, several, or the whole country: never filtered by place
_NO_LAST_DAY = date.max.toordinal() + 1
_KINDS = ("periods", "always", "institution", "closed", "unknown")

EMPLOYMENT_FIELDS = {name: f"employment_{name}" for name in codes.EMPLOYMENT}
EDUCATION_FIELDS = {name: f"education_{name}" for name in codes.EDUCATION}
MARITAL_FIELDS = {name: f"marital_{name}" for name in codes.MARITAL}
CATEGORY_FIELDS = {name: f"category_{number}" for number, name in enumerate(codes.CATEGORIES, 1)}
BOOL_FIELDS = tuple(
    field
    for table in (EMPLOYMENT_FIELDS, EDUCATION_FIELDS, MARITAL_FIELDS, CATEGORY_FIELDS)
    for field in table.values()
)
INT_FIELDS = ("min_age", "max_age", "sido", "sigungu", "min_income", "max_income", "kind", "first_day", "last_day")


def to_row(entry: VectorEntry) -> dict[str, Any]:
    """The row: `policy_id`, `embedding`, `version`, every name of `BOOL_FIELDS` and `INT_FIELDS`."""
    policy = entry.policy
    sidos, sigungus = policy.sido_codes, policy.region_codes
    annual = policy.income_kind == "annual"
    periods = policy.application_periods
    return {
        "policy_id": policy.id,
        "embedding": entry.embedding,
        "version": entry.version,
        "min_age": policy.min_age or 0,
        "max_age": _NO_MAX_AGE if policy.max_age is None else policy.max_age + policy.age_extension,
        "sido": int(sidos[0]) if len(sidos) == 1 and not policy.nationwide else _SEVERAL,
        "sigungu": int(sigungus[0]) if len(sigungus) == 1 and not policy.nationwide else _SEVERAL,
        "min_income": (policy.min_income or 0) if annual and policy.max_income is None else 0,
        "max_income": policy.max_income if annual and policy.max_income is not None else _NO_MAX_INCOME,
        "kind": _KINDS.index(policy.application_kind),
        "first_day": periods[0].start.toordinal() if periods else 0,
        "last_day": _last_day(policy),
        **_employment(policy.employment_codes),
        **_education(policy.education_codes),
        **{field: policy.marital_status in (None, name) for name, field in MARITAL_FIELDS.items()},
        **{field: name in policy.categories for name, field in CATEGORY_FIELDS.items()},
    }


def _last_day(policy: Policy) -> int:
    """On which one may apply: 0 where that is over for good, `_NO_LAST_DAY` where no end is known."""
    if policy.application_kind == "periods" and policy.application_periods:
        return policy.application_periods[-1].end.toordinal()
    return 0 if policy.application_kind in ("periods", "closed") else _NO_LAST_DAY


@lru_cache(maxsize=1_000)  # policies share few combinations of codes
def _employment(listed: tuple[str, ...]) -> dict[str, bool]:
    return _open_to(codes.EMPLOYMENT, EMPLOYMENT_FIELDS, listed)


@lru_cache(maxsize=1_000)
def _education(listed: tuple[str, ...]) -> dict[str, bool]:
    return _open_to(codes.EDUCATION, EDUCATION_FIELDS, listed)


def _open_to(table: dict[str, tuple[str, str]], fields: dict[str, str], listed: tuple[str, ...]) -> dict[str, bool]:
    """Field by field, whether somebody of that name is not ruled out."""
    return {field: not listed or not accepted_codes(table, name).isdisjoint(listed) for name, field in fields.items()}


def expression(policy_filter: PolicyFilter) -> str:
    """Milvus boolean expression; "" lets everything through. Made of our field names and whole numbers alone."""
    parts = [*_applicant_parts(policy_filter.applicant)]
    if policy_filter.statuses == NOT_CLOSED:
        parts.append(f"last_day >= {policy_filter.today.toordinal()}")
    elif len(policy_filter.statuses) < len(_STATUSES):
        kinds = [_status(status, policy_filter.today) for status in sorted(policy_filter.statuses)]
        parts.append(f"({' or '.join(kinds) or 'kind == -1'})")
    if policy_filter.categories and policy_filter.categories <= CATEGORY_FIELDS.keys():
        wanted = [f"{CATEGORY_FIELDS[name]} == true" for name in sorted(policy_filter.categories)]
        parts.append(f"({' or '.join(wanted)})")
    return " and ".join(parts)


def _applicant_parts(told: Applicant) -> list[str]:
    parts = []
    if told.age is not None:
        parts.append(f"min_age <= {told.age} and max_age >= {told.least_age}")
    if told.region_code is not None:
        parts.append(f"sido in [{_SEVERAL}, {int(told.region_code[:2])}]")
        if len(told.region_code) == 5:
            own = sorted(int(code) for code in place_codes(told.region_code))
            parts.append(f"sigungu in {[_SEVERAL, *own]}")
    for fields, name in (
        (EMPLOYMENT_FIELDS, told.employment),
        (EDUCATION_FIELDS, told.education),
        (MARITAL_FIELDS, told.marital_status),
    ):
        if name in fields:
            parts.append(f"{fields[name]} == true")
    if told.annual_income is not None:
        # A higher income than the column holds is treated as its highest: limits above it do not exist.
        income = min(told.annual_income, _NO_MAX_INCOME)
        parts.append(f"min_income <= {income} and max_income >= {income}")
    return parts


_STATUSES: tuple[ApplicationStatus, ...] = ("open", "upcoming", "always", "closed", "unknown")


def _status(status: ApplicationStatus, today: date) -> str:
    day, kind = today.toordinal(), _KINDS.index
    match status:
        case "open":
            return f"(kind == {kind('periods')} and first_day <= {day} and last_day >= {day})"
        case "upcoming":
            return f"(kind == {kind('periods')} and last_day > {day})"
        case "always":
            return f"kind == {kind('always')}"
        case "closed":
            return f"last_day < {day}"
        case "unknown":
            return f"kind in [{kind('institution')}, {kind('unknown')}]"
