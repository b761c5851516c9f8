"""The contract is valid, is served exactly once, and says the same as the models that read its inputs."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from finq.rest import contract_path

REPOSITORY = contract_path().parents[1]
FUNCTIONS = yaml.safe_load((REPOSITORY / "functions.yaml").read_text(encoding="utf-8"))["functions"]
REST_FUNCTIONS = {name: spec for name, spec in FUNCTIONS.items() if "rest" in spec["triggers"]}
# Handlers read their settings as they are imported.
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "ap-northeast-2",
    "FINQ_DATABASE_HOST": "127.0.0.1",
    "FINQ_USER_POOL_ID": "ap-northeast-2_Test12345",
    "FINQ_USER_POOL_CLIENT_ID": "client-1",
}
METHODS = {"get", "post", "put", "patch", "delete"}

# What pydantic's JSON schema calls as the contract does; the rest (titles, defaults) is nobody's promise.
COMPARED = ("minLength", "maxLength", "minimum", "maximum", "pattern", "enum", "minItems", "maxItems", "format")

INPUTS = """
import importlib, json, sys
from finq import rest
importlib.import_module(sys.argv[1])
print(json.dumps({
    operation: {name: adapter.json_schema() for name, adapter in endpoint.parameters.items() if name != "claims"}
    for operation, endpoint in rest.OPERATIONS.items()
}))
"""


def served_by(function: str) -> dict[str, dict[str, Any]]:
    """Operations that a function registers when its process imports the handler, with their inputs' schemas."""
    module = FUNCTIONS[function]["handler"].rpartition(".")[0]
    command = [sys.executable, "-c", INPUTS, module]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | ENVIRONMENT)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def served() -> dict[str, dict[str, dict[str, Any]]]:
    return {name: served_by(name) for name in REST_FUNCTIONS}


def operations(contract: dict[str, Any]) -> list[dict[str, Any]]:
    return [spec for item in contract["paths"].values() for method, spec in item.items() if method in METHODS]


def test_the_contract_is_valid_openapi() -> None:
    validate(yaml.safe_load(contract_path().read_text(encoding="utf-8")))


def test_each_function_serves_exactly_the_operations_of_its_tags(
    contract: dict[str, Any], served: dict[str, dict[str, Any]]
) -> None:
    for name, spec in REST_FUNCTIONS.items():
        tags = set(spec["triggers"]["rest"])
        promised = {one["operationId"] for one in operations(contract) if set(one["tags"]) <= tags}
        assert set(served[name]) == promised, name
    tags = [tag for spec in REST_FUNCTIONS.values() for tag in spec["triggers"]["rest"]]
    assert sorted(tags) == sorted(tag["name"] for tag in contract["tags"])


def test_operations_have_one_tag_a_unique_name_and_say_who_may_call(contract: dict[str, Any]) -> None:
    listed = operations(contract)
    assert len({one["operationId"] for one in listed}) == len(listed)
    for one in listed:
        public = one["tags"] == ["health"] or (one["tags"] == ["auth"] and one["operationId"] != "logOut")
        assert len(one["tags"]) == 1, one["operationId"]
        assert one["security"] == ([] if public else [{"cognito": []}]), one["operationId"]
        assert public or "401" in one["responses"], one["operationId"]


def test_errors_have_the_one_shape(contract: dict[str, Any]) -> None:
    error = contract["components"]["schemas"]["Error"]
    for one in operations(contract):
        for status, response in one["responses"].items():
            if int(status) >= 400:
                assert response["content"]["application/json"]["schema"] == error, one["operationId"]
    for response in contract["x-amazon-apigateway-gateway-responses"].values():
        body = json.loads(response["responseTemplates"]["application/json"])
        assert set(body) == {"error"}
        assert set(body["error"]) == {"code", "message", "request_id"}


def test_it_keeps_to_what_api_gateway_imports(contract: dict[str, Any]) -> None:
    assert all(name.isalnum() for name in contract["components"]["schemas"])
    text = contract_path().read_text(encoding="utf-8")
    for keyword in ("oneOf:", "anyOf:", "allOf:", "additionalProperties:", "discriminator:", "int32", "int64"):
        assert keyword not in text, keyword
    assert "#/components/responses" not in text


def limits(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """What a schema demands, in one form for pydantic's dialect and the contract's."""
    if "$ref" in schema:
        return limits(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    nullable = bool(schema.get("nullable"))
    if "anyOf" in schema:
        [schema] = [one for one in schema["anyOf"] if one != {"type": "null"}]
        return limits(schema, definitions) | {"nullable": True}
    found = {key: schema[key] for key in COMPARED if key in schema}
    if "enum" in found:
        found["enum"] = sorted(value for value in found["enum"] if value is not None)
    if found.get("format") == "email" or found.get("maximum") == 2**63 - 1:
        found.pop("format", None)
    found |= {"type": schema.get("type"), "nullable": nullable}
    if "items" in schema:
        found["items"] = limits(schema["items"], definitions)
    if "properties" in schema:
        found["required"] = sorted(schema.get("required", []))
        found["properties"] = {key: limits(value, definitions) for key, value in schema["properties"].items()}
    return found


def of_model(schema: dict[str, Any]) -> Any:
    return limits(schema, schema.get("$defs", {}))


def test_bodies_are_read_as_the_contract_says(contract: dict[str, Any], served: dict[str, dict[str, Any]]) -> None:
    inputs = {operation: schemas for function in served.values() for operation, schemas in function.items()}
    for one in operations(contract):
        promised = one.get("requestBody")
        assert ("body" in inputs[one["operationId"]]) == bool(promised), one["operationId"]
        if promised:
            schema = promised["content"]["application/json"]["schema"]
            assert of_model(inputs[one["operationId"]]["body"]) == limits(schema, {}), one["operationId"]


def test_parameters_are_read_as_the_contract_says(contract: dict[str, Any], served: dict[str, dict[str, Any]]) -> None:
    inputs = {operation: schemas for function in served.values() for operation, schemas in function.items()}
    for one in operations(contract):
        own = dict(inputs[one["operationId"]])
        query = of_model(own.pop("query", {"properties": {}}))["properties"]
        own.pop("body", None)
        own.pop("request_id", None)
        promised = one.get("parameters", [])
        path = {item["name"]: limits(item["schema"], {}) for item in promised if item["in"] == "path"}
        assert {name: of_model(schema) for name, schema in own.items()} == path, one["operationId"]
        listed = {item["name"]: limits(item["schema"], {}) for item in promised if item["in"] == "query"}
        for schema in query.values():
            schema["nullable"] = False  # "not given" is None in Python and nothing at all on the wire
        assert query == listed, one["operationId"]
