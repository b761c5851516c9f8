"""Shared by every tier: answers are checked against the REST contract."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import settings
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from finq.rest import contract_path

# How long an example takes says how busy the machine is.
settings.register_profile("finq", settings(), deadline=None)
settings.load_profile("finq")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which components the tests run against."""
    parser.addoption(
        "--stack",
        choices=("embedded", "compose"),
        help="Run all journeys on this stack; without it, all on the embedded one and a chosen few in containers too.",
    )
    parser.addoption(
        "--containers", action="store_true", help="Adapter tests: PostgreSQL and Milvus standalone in containers."
    )


ContractCheck = Callable[[str, str, int, Any], None]


@pytest.fixture(scope="session")
def contract() -> dict[str, Any]:
    """`api/openapi.yaml`, every reference replaced by what it names."""
    document: dict[str, Any] = yaml.safe_load(contract_path().read_text(encoding="utf-8"))

    def resolved(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                target: Any = document
                for step in node["$ref"].removeprefix("#/").split("/"):
                    target = target[step]
                return resolved(target)
            return {key: resolved(value) for key, value in node.items()}
        return [resolved(value) for value in node] if isinstance(node, list) else node

    return {key: resolved(value) for key, value in document.items()}


@pytest.fixture(scope="session")
def contract_checked(contract: dict[str, Any]) -> ContractCheck:
    """Fails unless the operation may answer with this status and this body (None: no body)."""

    def check(method: str, resource: str, status: int, body: Any) -> None:
        responses = contract["paths"][resource][method.lower()]["responses"]
        assert str(status) in responses, f"{method} {resource} must not answer {status}: {body}"
        content = responses[str(status)].get("content")
        if content is None:
            assert body is None
            return
        OAS30Validator(content["application/json"]["schema"], format_checker=oas30_format_checker).validate(body)

    return check
