"""MiniStack 1.5.33 with what Terraform's AWS provider asks for and it lacks. Runs in `.venv-aws`, not under pytest.

Touches its internals, hence the pinned version (locks/emulator.txt):

- an OpenAPI body is imported into a REST API (PutRestApi): resources, methods, integrations, authorizers, validators;
- `manage_master_user_password` names a secret, as RDS does;
- a state machine may be deleted twice: DeleteStateMachine of Step Functions has no error for one that is gone, and the
  provider asks again when an answer is lost.
"""

import json
from typing import Any

import ministack.app
from ministack.services import apigateway_v1 as rest
from ministack.services import rds, stepfunctions

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
Answer = tuple[Any, ...]


def made(answer: Answer) -> dict[str, Any]:
    """The object in an answer of the emulator."""
    assert answer[0] < 300, answer
    return json.loads(answer[2])


def import_document(api_id: str, document: dict[str, Any]) -> None:
    """Make the API what the document says, and nothing else."""
    for stored in (rest._authorizers_v1, rest._models, rest._request_validators, rest._gateway_responses):
        stored.pop(api_id, None)
    resources = rest._resources[api_id]
    root = next(key for key, resource in resources.items() if resource["path"] == "/")
    for key in [key for key in resources if key != root]:
        del resources[key]
    schemes = rest._import_security_schemes(api_id, document)
    validators = {
        name: made(rest._create_request_validator(api_id, {"name": name, **validator}))["id"]
        for name, validator in document.get("x-amazon-apigateway-request-validators", {}).items()
    }
    for name, response in document.get("x-amazon-apigateway-gateway-responses", {}).items():
        rest._put_gateway_response(api_id, name, response)
    for path, item in document["paths"].items():
        parent = root
        for segment in path.strip("/").split("/"):
            found = [k for k, r in resources.items() if r.get("parentId") == parent and r.get("pathPart") == segment]
            parent = found[0] if found else made(rest._create_resource(api_id, parent, {"pathPart": segment}))["id"]
        for method in METHODS:
            if method in item:
                import_method(
                    api_id,
                    parent,
                    method.upper(),
                    item[method],
                    document=document,
                    schemes=schemes,
                    validators=validators,
                )


def import_method(
    api_id: str,
    resource: str,
    method: str,
    operation: dict[str, Any],
    *,
    document: dict[str, Any],
    schemes: dict[str, Any],
    validators: dict[str, str],
) -> None:
    """One operation with its integration."""
    settings = rest._method_security(operation.get("security", document.get("security")), schemes)
    key = "x-amazon-apigateway-request-validator"
    if (validator := operation.get(key, document.get(key))) is not None:
        settings["requestValidatorId"] = validators[validator]
    rest._put_method(api_id, resource, method, settings)
    for status in operation.get("responses", {}):
        rest._put_method_response(api_id, resource, method, status, {})
    integration = operation["x-amazon-apigateway-integration"]
    plain = {name: value for name, value in integration.items() if name != "responses"}
    rest._put_integration(api_id, resource, method, plain | {"type": integration["type"].upper()})
    for pattern, response in integration.get("responses", {}).items():
        chosen = response | {"selectionPattern": "" if pattern == "default" else pattern}
        rest._put_integration_response(api_id, resource, method, response["statusCode"], chosen)


served = rest.handle_request


async def handle_request(method: str, path: str, headers: Any, body: Any, query: Any) -> Answer:
    """As before, and PutRestApi."""
    parts = path.strip("/").split("/")
    if method == "PUT" and len(parts) == 2 and parts[0] == "restapis":
        import_document(parts[1], json.loads(body))
        return rest._get_rest_api(parts[1])
    return await served(method, path, headers, body, query)


create_instance, instance_xml = rds._create_db_instance, rds._instance_xml


def create_db_instance(request: Any) -> Answer:
    """As before, and notes whether RDS is to keep the password."""
    answer = create_instance(request)
    if rds._p(request, "ManageMasterUserPassword") == "true" and answer[0] < 300:
        rds._instances[rds._p(request, "DBInstanceIdentifier")]["keeps_password"] = True
    return answer


def db_instance_xml(instance: dict[str, Any]) -> str:
    """As before, and the secret's name."""
    if not instance.get("keeps_password"):
        return instance_xml(instance)
    arn = f"arn:aws:secretsmanager:{rds.get_region()}:000000000000:secret:rds!db-0000-AbCdEf"
    secret = f"<SecretArn>{arn}</SecretArn><SecretStatus>active</SecretStatus>"
    return f"{instance_xml(instance)}<MasterUserSecret>{secret}</MasterUserSecret>"


delete_state_machine = stepfunctions._delete_state_machine


def delete_state_machine_again(request: dict[str, Any]) -> Answer:
    """As before, and no error where it is gone."""
    gone = request.get("stateMachineArn") not in stepfunctions._state_machines
    return stepfunctions.json_response({}) if gone else delete_state_machine(request)


rest.handle_request = handle_request
stepfunctions._delete_state_machine = delete_state_machine_again
rds._ACTION_MAP["CreateDBInstance"], rds._instance_xml = create_db_instance, db_instance_xml

if __name__ == "__main__":
    ministack.app.main()
