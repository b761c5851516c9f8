"""Both roots are applied to an emulator, seen to be what the contracts say, planned again, and destroyed."""

import io
import json
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from terraform_workspace import VARIABLES, Root, environment

from finq_local.functions import Functions, load_functions
from finq_local.stack import emulator
from finq_local.stack.layout import PROJECT
from finq_local.stack.probes import http_answers
from finq_local.stack.provision import client
from finq_local.stack.service import free_port_range

FUNCTIONS: Functions = load_functions(PROJECT / "functions.yaml")
PATHS = yaml.safe_load((PROJECT / "api/openapi.yaml").read_text(encoding="utf-8"))["paths"]
ZIPS = "finkurn-lambda-deployment"
SYSTEM = ("-input=false", "-no-color", "-var-file=environments/dev.tfvars", "-var-file=test.tfvars.json")
ACCOUNT = ("-input=false", "-no-color", "-var=github_repository=finq/finq")
THRESHOLDS = {"FUNCTION-errors": 5, "rest-5xx": 10, "database-cpu": 80}  # per cent, errors a minute, per cent
# What the emulator forgets of what it was told, by kind of resource: only these may show in a second plan.
FORGOTTEN = {
    "aws_cloudwatch_metric_alarm": {
        "actions_enabled",
        "alarm_actions",
        "alarm_description",
        "dimensions",
        "metric_query",
        "ok_actions",
        "period",
        "statistic",
        "treat_missing_data",
    },
    "aws_cloudfront_response_headers_policy": {"remove_headers_config"},
    "aws_db_instance": {"backup_window", "enabled_cloudwatch_logs_exports"},
    "aws_sfn_state_machine": {"tracing_configuration"},
    "aws_vpc_endpoint": {"private_dns_enabled", "security_group_ids"},
}


@dataclass(frozen=True)
class Applied:
    """The environment dev on an emulator."""

    port: int
    account: Root
    system: Root
    outputs: dict[str, Any]

    def client(self, service: str) -> Any:
        """A boto3 client of it."""
        return client(service, self.port)


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an emulator."""
    port, folder = free_port_range(1), tmp_path_factory.mktemp("aws")
    settings = emulator.service(folder, port, folder / "log").environment | {"PERSIST_STATE": "0", "S3_PERSIST": "0"}
    (folder / "aws").mkdir()
    program = Path(__file__).with_name("emulated_aws.py")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(emulator.program()), str(program)], env=os.environ | settings, stdout=log, stderr=log
        )
    try:
        while not http_answers(f"{emulator.url(port)}/_ministack/health"):
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def applied(terraform: dict[str, Root], aws: int) -> Applied:
    """Both roots applied; the account's is done with the bucket before the system asks for zips."""
    account, system = (Root(terraform[name].folder, environment(emulator.url(aws))) for name in ("account", "system"))
    (system.folder / "test.tfvars.json").write_text(json.dumps(VARIABLES), encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(account.run, "apply", "-auto-approve", *ACCOUNT)
        second = pool.submit(system.run, "apply", "-auto-approve", *SYSTEM, "-parallelism=20")
        _upload_zips(client("s3", aws), first)
        first.result()
        second.result()
    outputs = json.loads(system.run("output", "-json"))
    return Applied(aws, account, system, {name: output["value"] for name, output in outputs.items()})


def _upload_zips(s3: Any, making: Any) -> None:
    """As the pipeline does, as soon as there is a bucket."""
    while ZIPS not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        assert not making.done() or making.exception() is None, making.exception()
        time.sleep(0.1)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("finq/__init__.py", "")
    for name, spec in FUNCTIONS.functions.items():
        if spec.package == "zip":
            s3.put_object(Bucket=ZIPS, Key=f"commit/{name}.zip", Body=content.getvalue())


def test_functions_are_those_of_the_list(applied: Applied) -> None:
    api = applied.client("lambda")
    made = {function["FunctionName"]: function for function in api.list_functions(MaxItems=50)["Functions"]}
    assert made.keys() == {f"{name}-dev" for name in FUNCTIONS.functions}
    for name, spec in FUNCTIONS.functions.items():
        function = made[f"{name}-dev"]
        assert (function["MemorySize"], function["Timeout"]) == (spec.memory, spec.timeout), name
        assert function["PackageType"] == ("Zip" if spec.package == "zip" else "Image"), name
        assert function["Role"].rpartition("/")[2].startswith(spec.role), name
        assert function["TracingConfig"]["Mode"] == "Active", name
        assert bool(function.get("VpcConfig", {}).get("SubnetIds")) == ("database" in spec.environment), name
        variables = function["Environment"]["Variables"]
        assert variables.keys() <= set(FUNCTIONS.variables(name)), name
        events = api.get_function_event_invoke_config(FunctionName=f"{name}-dev", Qualifier="live")
        assert events["MaximumRetryAttempts"] == spec.retries, name
        told = events["DestinationConfig"]["OnFailure"]["Destination"]
        assert told.endswith(f":{spec.on_failure}-dev:live" if spec.on_failure else ":finkurn-dev-failures"), name


def test_settings_are_usable(applied: Applied) -> None:
    """Each function's settings load from what it was given: whatever has no default is there."""
    from finq import settings

    api = applied.client("lambda")
    classes = [cls for cls in vars(settings).values() if isinstance(cls, type) and issubclass(cls, settings._Group)]
    for name in FUNCTIONS.functions:
        variables = api.get_function_configuration(FunctionName=f"{name}-dev")["Environment"]["Variables"]
        for cls in classes:
            if cls.variables() and set(cls.variables()) - {"AWS_REGION"} <= set(FUNCTIONS.variables(name)):
                cls.from_environment(variables)


def test_routes_are_those_of_the_contract(applied: Applied) -> None:
    api = applied.client("apigateway")
    (rest,) = api.get_rest_apis()["items"]
    (authorizer,) = api.get_authorizers(restApiId=rest["id"])["items"]
    assert authorizer["providerARNs"][0].endswith(applied.outputs["user_pool_id"])
    resources = api.get_resources(restApiId=rest["id"], limit=500, embed=["methods"])["items"]
    made = {resource["path"]: resource.get("resourceMethods", {}) for resource in resources}
    assert {path for path, methods in made.items() if methods} == PATHS.keys()
    for path, item in PATHS.items():
        assert made[path].keys() == {method.upper() for method in item} | {"OPTIONS"}
        for method, operation in item.items():
            protected = operation["security"] != []
            assert (made[path][method.upper()]["authorizationType"] == "COGNITO_USER_POOLS") is protected, path
            function = FUNCTIONS.serving_tag(operation["tags"][0])
            uri = made[path][method.upper()]["methodIntegration"]["uri"]
            assert f":{function}-dev:live/" in uri, path


def test_websocket_routes_reach_their_functions(applied: Applied) -> None:
    api = applied.client("apigatewayv2")
    (websocket,) = api.get_apis()["Items"]
    made = {route["RouteKey"]: route["Target"] for route in api.get_routes(ApiId=websocket["ApiId"])["Items"]}
    assert made.keys() == {"$connect", "$default", "$disconnect"}
    for key, target in made.items():
        integration = api.get_integration(ApiId=websocket["ApiId"], IntegrationId=target.partition("/")[2])
        assert f":{FUNCTIONS.serving_route(key)}-dev:live/" in integration["IntegrationUri"]
    stage = api.get_stage(ApiId=websocket["ApiId"], StageName="live")
    logged = stage["AccessLogSettings"]["Format"]
    assert not re.search("path|query|header|identity.user", logged, re.IGNORECASE)  # where a token may stand


def test_buckets_are_closed_versioned_and_encrypted(applied: Applied) -> None:
    s3 = applied.client("s3")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert set(names) == {ZIPS, "finkurn-terraform-state", "finkurn-policy-docs-dev", "finkurn-web-dev"}
    for name in names:
        assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values()), name
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled", name
        assert s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"], name
        statements = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [s.get("Condition") for s in statements], name


def test_the_pool_is_the_local_one(applied: Applied) -> None:
    cognito = applied.client("cognito-idp")
    pool_id, client_id = applied.outputs["user_pool_id"], applied.outputs["user_pool_client_id"]
    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert pool["Name"] == "finkurn-users-dev"
    assert pool["UsernameAttributes"] == pool["AutoVerifiedAttributes"] == ["email"]
    policy = pool["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] == 8
    assert all(policy[f"Require{kind}"] for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols"))
    app = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)["UserPoolClient"]
    assert "ClientSecret" not in app
    assert set(app["ExplicitAuthFlows"]) == {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert app["PreventUserExistenceErrors"] == "ENABLED"


def test_schedules_are_those_of_the_list(applied: Applied) -> None:
    scheduler = applied.client("scheduler")
    for name, spec in FUNCTIONS.functions.items():
        if (wanted := spec.triggers.schedule) is None:
            continue
        made = scheduler.get_schedule(Name=f"{name}-dev", GroupName="finkurn-dev")
        assert made["ScheduleExpression"] == f"cron({wanted.cron})"
        assert made["ScheduleExpressionTimezone"] == "Asia/Seoul"
        if not wanted.steps:
            assert made["Target"]["Arn"].endswith(f":{name}-dev:live")
            continue
        machine = applied.client("stepfunctions").describe_state_machine(stateMachineArn=made["Target"]["Arn"])
        states = json.loads(machine["definition"])["States"]
        sent = [state["Parameters"]["Payload"] for state in states.values() if "lambda" in state.get("Resource", "")]
        assert sorted(map(str, sent)) == sorted(map(str, wanted.steps))


def test_roles_are_narrow(applied: Applied) -> None:
    """No action is `*`, and `*` is no resource of an action that knows others."""
    iam = applied.client("iam")
    roles = [role for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    ours = [role["RoleName"] for role in roles if "finkurn" in role["RoleName"] and "github" not in role["RoleName"]]
    assert len(ours) >= len(FUNCTIONS.functions)
    unnamed = re.compile(r"xray:|ec2:Describe|logs:(\w*LogDeliver|Describe|PutResourcePolicy)")
    for role in ours:
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                assert not [action for action in statement["Action"] if "*" in action], role
                if "*" in statement["Resource"]:
                    assert all(unnamed.match(action) for action in statement["Action"]), (role, statement)


def test_alarms_are_those_that_operations_explain(applied: Applied) -> None:
    pages = applied.client("cloudwatch").get_paginator("describe_alarms").paginate()
    made = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    _, _, text = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8").partition("## Alarms")
    explained = dict.fromkeys(re.findall(r"^\| `([\w-]+)` \|", text.partition("\n## ")[0], re.MULTILINE), 0)
    for name, alarm in made.items():
        [which] = [known for known in explained if _alarm_pattern(known).fullmatch(name)]
        explained[which] += 1
        if which in THRESHOLDS:
            assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
            assert alarm["Threshold"] == THRESHOLDS[which], name
    assert all(explained.values()), explained


def _alarm_pattern(explained: str) -> re.Pattern[str]:
    """Of the names in dev that an entry like `FUNCTION-errors` or `rest-5xx` stands for."""
    named = explained.replace("FUNCTION", "finkurn-[a-z0-9-]+-dev").replace("MACHINE", "finkurn-[a-z0-9-]+-dev-steps")
    named = named.replace("MODEL", "[0-9A-Za-z-]+")
    return re.compile(named if named.startswith("finkurn-") else f"finkurn-dev-{named}")


def test_secrets_are_made_empty(applied: Applied) -> None:
    secrets = applied.client("secretsmanager")
    for key, arn in applied.outputs["secret_names"].items():
        assert secrets.describe_secret(SecretId=arn)["Name"] == f"finkurn/{key}-dev"
    state = (applied.system.folder / "terraform.tfstate").read_text(encoding="utf-8")
    assert "aws_secretsmanager_secret_version" not in state


def test_the_documented_permissions_are_those_that_were_made(applied: Applied) -> None:
    state = json.dumps(applied.system.json())
    table = subprocess.run(
        [str(PROJECT / "scripts" / "permissions")], input=state, capture_output=True, text=True, check=True
    ).stdout
    documented = (PROJECT / "docs" / "terraform.md").read_text(encoding="utf-8")
    assert table in documented, "terraform show -json | scripts/permissions, into docs/terraform.md"


def test_a_second_plan_changes_nothing(applied: Applied) -> None:
    applied.system.run("plan", "-out=second.tfplan", *SYSTEM)
    for change in applied.system.json("second.tfplan")["resource_changes"]:
        before, after = (change["change"][when] or {} for when in ("before", "after"))
        changed = {key for key in after if before.get(key) != after[key]}
        if change["change"]["actions"] not in (["no-op"], ["read"]):
            assert change["change"]["actions"] == ["update"], change["address"]
            assert changed <= FORGOTTEN.get(change["type"], set()), (change["address"], changed)


def test_destroy_leaves_nothing(applied: Applied) -> None:
    """Last in this file. Zips are kept unless somebody empties their bucket."""
    _emptied(applied.client("s3"), ZIPS)
    applied.system.run("destroy", "-auto-approve", *SYSTEM, "-parallelism=20")
    # After it, since the boundary is attached to every role of the system.
    applied.account.run("destroy", "-auto-approve", *ACCOUNT)
    assert applied.client("lambda").list_functions()["Functions"] == []
    assert applied.client("s3").list_buckets()["Buckets"] == []
    assert applied.client("apigateway").get_rest_apis()["items"] == []
    assert applied.client("apigatewayv2").get_apis()["Items"] == []
    assert applied.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"] == []
    assert applied.client("secretsmanager").list_secrets()["SecretList"] == []
    assert applied.client("rds").describe_db_instances()["DBInstances"] == []
    assert applied.client("logs").describe_log_groups()["logGroups"] == []


def _emptied(s3: Any, bucket: str) -> None:
    for version in s3.list_object_versions(Bucket=bucket).get("Versions", ()):
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
