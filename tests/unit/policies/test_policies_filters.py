"""The Milvus form of a filter never leaves out a policy that the rule lets through."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finq.policies import codes
from finq.policies.eligibility import Applicant
from finq.policies.filters import NOT_CLOSED, PolicyFilter, verdict_if_passing
from finq.policies.model import Period, Policy
from finq.policies.vectors.milvus_rows import expression, to_row
from finq.policies.vectors.port import VectorEntry

TODAY = date(2026, 11, 22)
STATUSES = ("open", "upcoming", "always", "closed", "unknown")
PLACES = ("11110", "11140", "26290", "41110", "41111", "41113", "44210", "44130", "44131", "36110")


def some(values):
    return st.lists(st.sampled_from(list(values)), max_size=3, unique=True).map(tuple)


periods = st.lists(
    st.tuples(st.integers(-60, 60), st.integers(0, 30)).map(
        lambda pair: Period(start=TODAY + timedelta(pair[0]), end=TODAY + timedelta(pair[0] + pair[1]))
    ),
    max_size=3,
).map(tuple)
policies = st.builds(
    Policy,
    id=st.just("p1"),
    name=st.just("청년 지원"),
    categories=some(codes.CATEGORIES),
    min_age=st.none() | st.integers(15, 40),
    max_age=st.none() | st.integers(15, 50),
    age_extension=st.sampled_from([0, 0, 3]),
    nationwide=st.booleans(),
    region_codes=some(PLACES),
    employment_codes=some(code for code, _ in codes.EMPLOYMENT.values()),
    education_codes=some(code for code, _ in codes.EDUCATION.values()),
    major_codes=some(code for code, _ in codes.MAJOR.values()),
    special_codes=some(code for code, _ in codes.SPECIAL.values()),
    marital_status=st.sampled_from([None, "married", "single"]),
    income_kind=st.sampled_from(["any", "annual", "text"]),
    min_income=st.none() | st.integers(0, 9000),
    max_income=st.none() | st.integers(0, 9000),
    application_kind=st.sampled_from(["periods", "always", "institution", "closed", "unknown"]),
    application_periods=periods,
    raw=st.just({}),
)
applicants = st.builds(
    Applicant,
    age=st.none() | st.integers(0, 50),
    maybe_younger=st.booleans(),
    region_code=st.none() | st.sampled_from([*PLACES, "11", "41", "44", "50"]),
    employment=st.none() | st.sampled_from(list(codes.EMPLOYMENT)),
    education=st.none() | st.sampled_from(list(codes.EDUCATION)),
    marital_status=st.sampled_from([None, "married", "single"]),
    annual_income=st.none() | st.integers(0, 9000) | st.just(10**12),
    major=st.none() | st.sampled_from(list(codes.MAJOR)),
    special=st.frozensets(st.sampled_from(list(codes.SPECIAL))),
    not_special=st.frozensets(st.sampled_from(list(codes.SPECIAL))),
)
filters = st.builds(
    PolicyFilter,
    today=st.just(TODAY),
    applicant=applicants,
    statuses=st.just(NOT_CLOSED) | st.frozensets(st.sampled_from(STATUSES)),
    categories=st.frozensets(st.sampled_from(codes.CATEGORIES), max_size=2),
)


def milvus_passes(policy: Policy, policy_filter: PolicyFilter) -> bool:
    """Milvus' expressions, as far as we use them, are Python's but for the spelling of `True`."""
    row = to_row(VectorEntry(policy, [0.0], "t", "l", "m"))
    return eval(expression(policy_filter).replace("true", "True") or "True", {}, row)


@settings(max_examples=400, deadline=None)
@given(policies, filters)
def test_the_milvus_expression_lets_through_whatever_the_rule_does(policy, policy_filter):
    if verdict_if_passing(policy, policy_filter):
        assert milvus_passes(policy, policy_filter)


@pytest.mark.parametrize(
    ("limit", "applicant"),
    [
        ({"min_age": 19, "max_age": 34}, {"age": 35}),
        ({"nationwide": False, "region_codes": ("26290",)}, {"region_code": "11"}),
        ({"nationwide": False, "region_codes": ("26290",)}, {"region_code": "26260"}),
        ({"employment_codes": ("0013003",)}, {"employment": "employed"}),
        ({"education_codes": ("0049005",)}, {"education": "university_graduate"}),
        ({"marital_status": "single"}, {"marital_status": "married"}),
        ({"income_kind": "annual", "max_income": 5000}, {"annual_income": 5001}),
        ({"income_kind": "annual", "min_income": 2000}, {"annual_income": 1999}),
        ({"min_age": 19, "max_age": 34}, {"age": 36, "maybe_younger": True}),
        ({"min_age": 19, "max_age": 34, "age_extension": 3}, {"age": 38}),
    ],
)
def test_each_limit_is_filtered_in_milvus_too(limit, applicant):
    policy = Policy(**{"id": "p1", "name": "지원", "nationwide": True, "application_kind": "always", "raw": {}} | limit)
    assert milvus_passes(policy, PolicyFilter(TODAY))
    assert not milvus_passes(policy, PolicyFilter(TODAY, Applicant(**applicant)))


@pytest.mark.parametrize(
    ("kind", "ends", "closed"),
    [("periods", -1, True), ("periods", 0, False), ("periods", None, True), ("closed", 9, True), ("always", -1, False)],
)
def test_what_is_over_is_filtered_in_milvus_too(kind, ends, closed):
    periods = () if ends is None else (Period(start=TODAY - timedelta(9), end=TODAY + timedelta(ends)),)
    limit = {"application_kind": kind, "application_periods": periods}
    policy = Policy(**{"id": "p1", "name": "지원", "nationwide": True, "raw": {}} | limit)
    assert milvus_passes(policy, PolicyFilter(TODAY)) is not closed
    assert milvus_passes(policy, PolicyFilter(TODAY, statuses=frozenset({"closed"}))) is closed


def test_an_empty_set_of_statuses_lets_nothing_through():
    policy = Policy(id="p1", name="지원", nationwide=True, application_kind="always", raw={})
    assert not milvus_passes(policy, PolicyFilter(TODAY, statuses=frozenset()))


def test_a_category_that_does_not_exist_is_left_to_the_exact_rule():
    assert "가짜" not in expression(PolicyFilter(TODAY, categories=frozenset({'가짜" or true'})))
