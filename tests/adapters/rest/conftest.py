"""The backend function on real PostgreSQL, called as API Gateway calls it."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from finq import clock
from finq.accounts.claims import Claims
from finq.policies import repository
from finq.policies.model import Period, Policy, RequiredDocument

Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def product_database(database: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The product's own `database` object on this module's emptied database."""
    from finq.database import database as product

    monkeypatch.setattr(product, "_conninfo", lambda: postgres_url)
    yield product
    product.close()


@pytest.fixture
def handler(aws_environment: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The function's handler, imported as Lambda imports it: with its settings in the environment."""
    monkeypatch.setenv("FINQ_DATABASE_HOST", "127.0.0.1")
    from finq.functions.backend import handler

    return handler


@pytest.fixture
def call(
    handler: Callable[..., dict[str, Any]],
    product_database: Any,
    contract_checked: Callable[[str, str, int, Any], None],
) -> Call:
    """(method, resource, caller, body=, query=, path=) -> (status, body), checked against the contract."""

    def call(
        method: str,
        resource: str,
        caller: Claims | None = None,
        *,
        body: Any = None,
        query: dict[str, Any] | None = None,
        **path: str,
    ) -> tuple[int, Any]:
        values = {name: value if isinstance(value, list) else [str(value)] for name, value in (query or {}).items()}
        claims = caller and {
            "sub": str(caller.sub),
            "email": caller.email,
            "cognito:username": caller.username,
        }
        event = {
            "resource": resource,
            "httpMethod": method,
            "pathParameters": path or None,
            "multiValueQueryStringParameters": values or None,
            "body": None if body is None else json.dumps(body),
            "requestContext": {"requestId": "r-1", "authorizer": {"claims": claims} if claims else None},
        }
        response = handler(event, None)
        answer = json.loads(response["body"]) if response["body"] else None
        contract_checked(method, resource, response["statusCode"], answer)
        return response["statusCode"], answer

    return call


def person() -> Claims:
    """Somebody with an account of their own."""
    sub = uuid4()
    return Claims(sub=sub, email=f"{sub.hex}@example.com", username=str(sub))


@pytest.fixture
def haneul() -> Claims:
    return person()


@pytest.fixture
def bada() -> Claims:
    return person()


@pytest.fixture
def store(product_database: Any) -> Callable[..., Policy]:
    """Writes a policy for everybody, with two documents, that one can apply for until `ends_in` days from today."""

    def store(policy_id: str, *, ends_in: int = 30, **fields: Any) -> Policy:
        end = clock.today() + timedelta(days=ends_in)
        values: dict[str, Any] = {
            "name": f"정책 {policy_id}",
            "nationwide": True,
            "application_kind": "periods",
            "application_periods": (Period(start=end - timedelta(days=60), end=end),),
            "documents": (RequiredDocument(name="신청서", required=True), RequiredDocument(name="주민등록등본")),
            "raw": {"plcyNo": policy_id},
        }
        policy = Policy(id=policy_id, **(values | fields))
        with product_database.transaction() as connection:
            repository.upsert(connection, [policy])
        return policy

    return store
