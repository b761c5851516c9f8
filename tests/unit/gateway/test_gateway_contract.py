"""Routing and validation by the contract."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from finq_local.functions import load_functions
from finq_local.gateway.contract import Contract, ContractError, load_contract
from finq_local.gateway.gateway_responses import GatewayResponses

ROOT = Path(__file__).parents[3]
PUBLIC = {"tags": ["t"], "security": []}


def contract(*paths, **more):
    return Contract({"paths": {path: {"get": PUBLIC} for path in paths}, **more})


@cache
def real():
    return load_contract(ROOT / "api/openapi.yaml", {"web_origin": "https://a", "user_pool_arn": "arn"})


def test_every_operation_of_the_real_contract_is_found_and_served():
    functions = load_functions(ROOT / "functions.yaml")
    operations = real().operations
    assert len(operations) > 25
    for operation in operations:
        path = re.sub(r"\{\w+\}", "x1", operation.resource)
        assert real().match(operation.method, path).operation == operation
        assert functions.serving_tag(operation.tag)


def test_only_sign_up_login_and_health_are_public():
    public = {operation.resource for operation in real().operations if not operation.authorized}
    assert {path for path in public if not path.startswith("/api/auth/")} == {"/api/health"}
    assert "/api/auth/logout" not in public


def test_the_real_contract_answers_for_the_gateway_in_the_one_error_shape():
    responses = GatewayResponses(real().gateway_responses)
    for kind, status in (
        ("UNAUTHORIZED", 401),
        ("MISSING_AUTHENTICATION_TOKEN", 404),
        ("BAD_REQUEST_PARAMETERS", 400),
        ("REQUEST_TOO_LARGE", 413),
        ("THROTTLED", 429),
        ("API_CONFIGURATION_ERROR", 502),
        ("INTEGRATION_TIMEOUT", 504),
    ):
        reply = responses.build(kind, "id-1", message="m")
        error = yaml.safe_load(reply.body)["error"]
        assert reply.status_code == status
        assert error["request_id"] == "id-1"
        assert re.search("[가-힣]", error["message"])
        assert reply.headers["access-control-allow-origin"] == "https://a"


def test_without_gateway_responses_the_reply_is_api_gateways_own():
    reply = GatewayResponses({}).build("UNAUTHORIZED", "id", message='Un"authorized')
    assert (reply.status_code, reply.body) == (401, b'{"message":"Un\\"authorized"}')


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_path_parameters_come_back_as_they_were(value):
    match = contract("/api/a/{id}").match("GET", "/api/a/" + quote(value, safe=""))
    assert match.parameters == {"id": value}


def test_literal_segments_win_from_left_to_right():
    routes = contract("/a/{x}/c", "/a/b/{y}", "/a/{x}/{y}", "/a/b/c")
    resources = {
        path: routes.match("GET", path).operation.resource for path in ("/a/b/c", "/a/b/d", "/a/z/c", "/a/z/z")
    }
    assert resources == {"/a/b/c": "/a/b/c", "/a/b/d": "/a/b/{y}", "/a/z/c": "/a/{x}/c", "/a/z/z": "/a/{x}/{y}"}


@pytest.mark.parametrize("path", ["/", "/a", "/a/b/", "/a/b/c", "/a//", "x/a/b", "/a.b"])
def test_what_is_no_route(path):
    assert contract("/a/{x}").match("GET", path) is None
    assert contract("/a/{x}").methods(path) == []


def test_special_characters_of_paths_are_literal():
    assert contract("/a.b").match("GET", "/axb") is None


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        ({"tags": []}, "exactly one tag"),
        ({"tags": ["a", "b"]}, "exactly one tag"),
        ({"tags": ["a"], "security": [{"x": []}]}, "security"),
    ],
)
def test_operations_that_make_no_sense(operation, told):
    with pytest.raises(ContractError, match=told):
        Contract({"paths": {"/a": {"get": operation}}})


def test_unreadable_contracts_are_named(tmp_path):
    path = tmp_path / "c.yaml"
    with pytest.raises(ContractError, match=r"c\.yaml"):
        load_contract(path, {})
    path.write_text("paths: [")
    with pytest.raises(ContractError, match=r"c\.yaml"):
        load_contract(path, {})


def test_parameters_count_only_where_a_validator_asks_for_them():
    parameter = {"name": "q", "in": "query", "required": True}
    document = {
        "paths": {"/a": {"get": {**PUBLIC, "parameters": [{"$ref": "#/components/parameters/Q"}]}}},
        "components": {"parameters": {"Q": parameter}},
    }
    assert Contract(document).operations[0].required == ()
    document["x-amazon-apigateway-request-validators"] = {"p": {"validateRequestParameters": True}}
    document["x-amazon-apigateway-request-validator"] = "p"
    [operation] = Contract(document).operations
    assert operation.missing_parameters({}, {}) == ["q"]
    assert operation.missing_parameters({"q": " "}, {}) == ["q"]
    assert operation.missing_parameters({"q": "1"}, {}) == []
