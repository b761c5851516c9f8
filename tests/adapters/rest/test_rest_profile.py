"""/api/me on real PostgreSQL and a real user pool."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from finq import aws as finq_aws
from finq import clock
from finq.accounts.claims import Claims
from finq.accounts.cognito import user_pool
from finq.accounts.profiles import erase_user

Call = Callable[..., tuple[int, Any]]
EMPTY = (
    *("birth_year", "birth_date", "age", "region", "region_code"),
    *("employment", "education", "marital_status", "annual_income"),
)


def count(database: Any, table: str) -> int:
    with database.transaction() as connection:
        row = connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()
    return int(row["n"])


def test_a_new_caller_has_an_empty_profile(call: Call, haneul: Claims) -> None:
    status, profile = call("GET", "/api/me", haneul)
    assert status == 200
    assert (profile["user_id"], profile["email"]) == (str(haneul.sub), haneul.email)
    assert [profile[name] for name in EMPTY] == [None] * len(EMPTY)
    assert profile["interests"] == []


def test_a_changed_address_is_taken_over_from_the_token(call: Call, haneul: Claims) -> None:
    call("GET", "/api/me", haneul)
    moved = haneul.model_copy(update={"email": "new@example.com"})
    assert call("GET", "/api/me", moved)[1]["email"] == "new@example.com"


def test_a_profile_is_told_changed_and_cleared(call: Call, haneul: Claims) -> None:
    told = {"age": 25, "region": "부산 남구", "employment": "미취업자", "marital_status": "single", "annual_income": 0}
    status, profile = call("PATCH", "/api/me", haneul, body=told | {"interests": ["주거", "교육"]})
    assert status == 200
    assert (profile["age"], profile["region"], profile["region_code"]) == (25, "부산광역시 남구", "26290")
    assert (profile["employment"], profile["annual_income"]) == ("unemployed", 0)
    assert profile["interests"] == ["주거", "교육"]

    _, profile = call("PATCH", "/api/me", haneul, body={"region": profile["region"], "annual_income": None})
    assert (profile["region_code"], profile["annual_income"], profile["age"]) == ("26290", None, 25)

    _, profile = call("PATCH", "/api/me", haneul, body=dict.fromkeys(("age", "region", "interests")))
    assert (profile["birth_year"], profile["region"], profile["interests"]) == (None, None, [])
    assert call("PATCH", "/api/me", haneul, body={})[1] == call("GET", "/api/me", haneul)[1]


def test_a_birth_date_gives_the_age_and_a_birth_year_leaves_two(
    call: Call, haneul: Claims, store: Callable[..., None]
) -> None:
    today = clock.today()
    store("p1", max_age=34, nationwide=True)

    def stands(**told: Any) -> tuple[Any, Any, Any, str]:
        _, profile = call("PATCH", "/api/me", haneul, body=told)
        _, detail = call("GET", "/api/policies/{id}", haneul, id="p1")
        return profile["age"], profile["birth_year"], profile["birth_date"], detail["policy"]["verdict"]

    assert stands(age=34) == (34, None, None, "eligible")
    assert stands(age=35) == (35, None, None, "not_eligible")
    born = today - timedelta(35 * 365 + 60)
    assert stands(birth_date=born.isoformat()) == (35, born.year, born.isoformat(), "not_eligible")
    year = today.year - 35
    age, birth_year, birth_date, verdict = stands(birth_year=year)
    assert (age, birth_year, birth_date) == (35, year, None)
    # On the last day of the year, every birthday has passed.
    assert verdict == ("not_eligible" if (today.month, today.day) == (12, 31) else "unknown")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"age": -1}, "age"),
        ({"birth_date": "2001-02-30"}, "birth_date"),
        ({"birth_date": "1850-01-01"}, "birth_date"),
        ({"age": 300}, "age"),
        ({"age": "25"}, "age"),
        ({"birth_year": 1850}, "birth_year"),
        ({"region": "아틀란티스"}, "region"),
        ({"region": ""}, "region"),
        ({"employment": "백수"}, "employment"),
        ({"annual_income": -5}, "annual_income"),
        ({"annual_income": 10**12}, "annual_income"),
        ({"interests": ["축구"]}, "interests.0"),
        ({"interests": "주거"}, "interests"),
        ({"user_id": "someone"}, "user_id"),
        ([], "body"),
    ],
    ids=str,
)
def test_bad_values_are_named_and_change_nothing(call: Call, haneul: Claims, body: Any, field: str) -> None:
    status, answer = call("PATCH", "/api/me", haneul, body=body)
    assert (status, answer["error"]["code"]) == (400, "INVALID_INPUT")
    assert field in answer["error"]["details"]["fields"]
    assert call("GET", "/api/me", haneul)[1]["age"] is None


@pytest.fixture
def pool_account(aws_environment: Any) -> Iterator[Claims]:
    """An account that exists in the user pool too."""
    user_pool.cache_clear()
    email = "erase-me@example.com"
    sub, _ = user_pool().sign_up(email, "Haneul!2026")
    yield Claims(sub=sub, email=email, username=sub)
    user_pool.cache_clear()


def in_pool(aws: Any, username: str) -> bool:
    users = aws.client("cognito-idp").list_users(UserPoolId=aws.pool.pool_id)["Users"]
    return any(user["Username"] == username for user in users)


def test_an_erased_account_is_gone_everywhere_and_stays_gone(
    call: Call, product_database: Any, store: Callable[..., None], pool_account: Claims, aws: Any
) -> None:
    store("p1")
    call("POST", "/api/user-policies", pool_account, body={"policy_id": "p1"})
    call("POST", "/api/chats", pool_account, body={})
    assert in_pool(aws, pool_account.username)

    assert call("DELETE", "/api/me", pool_account) == (204, None)
    assert not in_pool(aws, pool_account.username)
    assert [count(product_database, table) for table in ("users", "user_policies", "chats")] == [0, 0, 0]

    # The ID token is still valid for a while: it opens nothing and brings nothing back.
    for method, resource in (("GET", "/api/me"), ("GET", "/api/user-policies"), ("GET", "/api/today")):
        assert call(method, resource, pool_account)[0] == 401
    assert count(product_database, "users") == 0
    assert call("DELETE", "/api/me", pool_account) == (204, None)


def test_nothing_is_erased_while_the_user_pool_does_not_answer(
    call: Call, pool_account: Claims, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("PATCH", "/api/me", pool_account, body={"age": 25})
    finq_aws.client.cache_clear()
    user_pool.cache_clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9")
    assert call("DELETE", "/api/me", pool_account)[0] == 503
    assert call("GET", "/api/me", pool_account)[1]["age"] == 25

    finq_aws.client.cache_clear()
    user_pool.cache_clear()
    monkeypatch.setenv(
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", aws.environment["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"]
    )
    assert call("DELETE", "/api/me", pool_account)[0] == 204
    assert not in_pool(aws, pool_account.username)


def test_a_region_that_has_been_abolished_since_does_not_shut_the_profile(
    call: Call, haneul: Claims, product_database: Any
) -> None:
    call("GET", "/api/me", haneul)
    with product_database.transaction() as connection:
        connection.execute(
            "UPDATE users SET region_code = '99999', born_from = '1900-01-01', born_to = '1900-12-31' WHERE id = %s",
            [haneul.sub],
        )

    status, profile = call("GET", "/api/me", haneul)
    assert (status, profile["region"], profile["region_code"]) == (200, None, "99999")
    assert call("GET", "/api/policies/recommended", haneul)[0] == 200
    assert call("PATCH", "/api/me", haneul, body={"region": "부산"})[1]["region_code"] == "26"


def test_a_request_that_waits_for_the_erasure_does_not_bring_the_account_back(
    call: Call, haneul: Claims, product_database: Any, database: Any
) -> None:
    call("GET", "/api/me", haneul)
    answers: list[int] = []
    with database.transaction() as connection:
        erase_user(connection, haneul.sub)
        meanwhile = threading.Thread(target=lambda: answers.append(call("GET", "/api/me", haneul)[0]))
        meanwhile.start()
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
        deadline = time.monotonic() + 10
        while connection.execute(waiting).fetchone() is None:
            assert time.monotonic() < deadline
    meanwhile.join(10)

    assert answers == [401]
    assert count(database, "users") == 0
