"""`compose.yaml` says of the functions what `functions.yaml` says, and of names what the rest of the project says."""

import ast
import re
from typing import Any

import pytest
import yaml

from finq_local.functions import FunctionSpec, load_functions
from finq_local.stack import provision
from finq_local.stack.layout import COMPONENTS, DEFAULT_PORT, PROJECT

FUNCTIONS = load_functions(PROJECT / "functions.yaml")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))["services"]
FUNCTION_SERVICES = {
    service["environment"]["AWS_LAMBDA_FUNCTION_NAME"]: service
    for service in SERVICES.values()
    if "AWS_LAMBDA_FUNCTION_NAME" in service.get("environment", {})
}
READY = PROJECT / "localstack" / "init" / "ready.d" / "finq.py"


def function_cases() -> list[Any]:
    return [pytest.param(spec, FUNCTION_SERVICES.get(name, {}), id=name) for name, spec in FUNCTIONS.functions.items()]


def default(value: str) -> str:
    """What compose makes of `${NAME:-default}` without the variable."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


@pytest.mark.parametrize(("spec", "service"), function_cases())
def test_a_function_runs_as_on_lambda(spec: FunctionSpec, service: dict[str, Any]) -> None:
    environment = service["environment"]
    place = list(FUNCTIONS.functions).index(spec.name)
    base = SERVICES["gateway"]["environment"]["FINQ_RUNTIME_PORT_BASE"]
    assert environment["AWS_LAMBDA_RUNTIME_API"] == f"gateway:{base + place}"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == spec.memory
    assert service["mem_limit"] == service["memswap_limit"] == f"{spec.memory}m"
    assert service["image"] == f"finq-{spec.package}"
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in service
    assert {"entrypoint", "command", "user"} & service.keys() == set()  # the image's own


@pytest.mark.parametrize(("spec", "service"), function_cases())
def test_a_function_gets_its_variables_and_no_others(spec: FunctionSpec, service: dict[str, Any]) -> None:
    ours = {name for name in service["environment"] if name.startswith("FINQ_")}
    assert ours == set(FUNCTIONS.variables(spec.name))


def test_the_image_starts_the_handler() -> None:
    for name, spec in FUNCTIONS.functions.items():
        if spec.package != "zip":
            dockerfile = (PROJECT / "images" / spec.package / "Dockerfile").read_text(encoding="utf-8")
            assert f'CMD ["{spec.handler}"]' in dockerfile, name


def test_every_service_is_watched_and_waits_for_what_it_needs() -> None:
    for name, service in SERVICES.items():
        assert "healthcheck" in service or name == "init", name
        for needed, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if needed == "init" else "service_healthy"
            assert how == {"condition": wanted}, (name, needed)


def test_a_health_check_rests_after_a_good_one() -> None:
    """Otherwise those of twenty containers take a core by themselves."""
    for name, service in SERVICES.items():
        if "healthcheck" in service:
            command = service["healthcheck"]["test"][-1]
            assert command.startswith("rm /dev/shm/up 2>&- && sleep 28; "), name
            assert command.endswith(" && touch /dev/shm/up"), name
            assert int(service["healthcheck"]["timeout"].removesuffix("s")) > 28, name


def test_ports_are_published_on_loopback_alone_and_are_those_of_the_embedded_stack() -> None:
    published = {}
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            host, outside, _ = default(port).split(":")
            assert host == "127.0.0.1"
            published[name] = int(outside)
    published["aws"] = published.pop("localstack")
    expected = {name: DEFAULT_PORT + place for place, name in enumerate(COMPONENTS)}
    assert published == {**expected, "cognito": DEFAULT_PORT + len(COMPONENTS)}


def test_images_are_built_once() -> None:
    built = [service["image"] for service in SERVICES.values() if "build" in service]
    assert sorted(built) == sorted(set(built))
    for service in SERVICES.values():
        if service["image"].startswith("finq-") and "build" not in service:
            assert service["image"] in built
            assert service["pull_policy"] == "never"


def test_keys_of_the_pool_are_looked_for_where_it_is() -> None:
    for service in SERVICES.values():
        environment = service.get("environment", {})
        if "FINQ_JWKS_URL" in environment:
            assert f"/{environment['FINQ_USER_POOL_ID']}/" in environment["FINQ_JWKS_URL"]
            assert environment["FINQ_USER_POOL_ID"] == SERVICES["cognito"]["environment"]["FINQ_USER_POOL_ID"]
            region = environment["AWS_REGION"]
            assert re.fullmatch(rf"{region}_[0-9a-zA-Z]+", environment["FINQ_USER_POOL_ID"])
            assert re.fullmatch(r"[a-z0-9]{26}", environment["FINQ_USER_POOL_CLIENT_ID"])


def test_localstack_makes_the_buckets_and_secrets_that_are_asked_for() -> None:
    """Its script cannot import ours, so it is held to the same names here."""
    tree = ast.parse(READY.read_text(encoding="utf-8"))
    assigned = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert ast.literal_eval(assigned["BUCKETS"]) == (provision.POLICY_BUCKET, provision.DEPLOYMENT_BUCKET)
    assert ast.literal_eval(assigned["VERSIONED"]) == provision.POLICY_BUCKET
    secrets = assigned["SECRETS"]
    assert isinstance(secrets, ast.Dict)
    names = {key.value for key in secrets.keys if isinstance(key, ast.Constant)}
    assert names == {
        provision.DATABASE_SECRET,
        provision.MILVUS_SECRET,
        provision.TAVILY_SECRET,
        provision.OPENAPI_SECRET,
    }
    used = {
        str(value)
        for service in FUNCTION_SERVICES.values()
        for name, value in service["environment"].items()
        if name.endswith("_SECRET_ID") and value
    }
    assert used <= names
