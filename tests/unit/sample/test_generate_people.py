"""Generated applicants and questions."""

import re

import pytest

from finq.policies import codes, regions
from finq_local.generate import generate_applicants, generate_questions


def test_same_seed_same_people() -> None:
    people = list(generate_applicants(200, 5))
    assert list(generate_applicants(200, 5)) == people
    assert list(generate_applicants(50, 5)) == people[:50]
    assert list(generate_applicants(200, 6)) != people


def test_facts_are_known_to_the_code_tables_and_sometimes_untold() -> None:
    people = list(generate_applicants(2_000, 5))
    assert {person.employment for person in people} == {*codes.EMPLOYMENT, None}
    assert {person.education for person in people} == {*codes.EDUCATION, None}
    assert {person.marital_status for person in people} == {"single", "married", None}
    told = {person.region_code for person in people if person.region_code}
    assert {code[:2] for code in told} == set(regions.SIDO_SHORT)
    assert {len(code) for code in told} == {2, 5}
    assert all(regions.name(code) for code in told)
    ages = sorted(person.age for person in people if person.age is not None)
    assert len(ages) < len(people)
    assert ages[len(ages) // 2] == pytest.approx(27, abs=1)


def test_question_states_what_is_known_and_no_more() -> None:
    for question in generate_questions(300, 9):
        person = question.applicant
        assert (f"{person.age}살" in question.text) == (person.age is not None)
        assert bool(re.search(r"\d+살", question.text)) == (person.age is not None)
        assert ("살고" in question.text) == (person.region_code is not None)
        assert ("연소득" in question.text) == (person.annual_income is not None)
        assert "{" not in question.text


def test_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        next(generate_applicants(-1, 1))
