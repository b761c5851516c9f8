"""What Terraform makes on AWS, made in the emulator: buckets, secrets, the user pool. Safe to repeat."""

import json
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from finq_local.stack import emulator

POLICY_BUCKET = "finkurn-policy-docs"
DEPLOYMENT_BUCKET = "finkurn-lambda-deployment"
DATABASE_SECRET = "finkurn/rds"  # noqa: S105 -- names of secrets
MILVUS_SECRET = "finkurn/milvus"  # noqa: S105
TAVILY_SECRET = "finkurn/tavily"  # noqa: S105
OPENAPI_SECRET = "finkurn/openapi"  # noqa: S105
USER_POOL = "finkurn-users"
CLIENT = "finkurn-app"


@dataclass(frozen=True)
class UserPool:
    """Cognito ids."""

    pool_id: str
    client_id: str


def client(service: str, port: int) -> Any:
    """A boto3 client of the emulator on `port`, whatever the environment says."""
    return boto3.client(
        service,
        endpoint_url=emulator.url(port),
        region_name=emulator.REGION,
        aws_access_key_id=emulator.ACCESS_KEY_ID,
        aws_secret_access_key=emulator.SECRET_ACCESS_KEY,
        config=Config(connect_timeout=3, read_timeout=30, proxies={}, s3={"addressing_style": "path"}),
    )


def provision(port: int, secrets: dict[str, dict[str, str]]) -> UserPool:
    """Make buckets, put `secrets` (id -> JSON object) and make the user pool."""
    s3 = client("s3", port)
    for bucket in (POLICY_BUCKET, DEPLOYMENT_BUCKET):
        _bucket(s3, bucket)
    s3.put_bucket_versioning(Bucket=POLICY_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    manager = client("secretsmanager", port)
    for secret_id, value in secrets.items():
        _secret(manager, secret_id, json.dumps(value))
    return user_pool(client("cognito-idp", port))


def _bucket(s3: Any, name: str) -> None:
    try:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": emulator.REGION})
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise


def _secret(manager: Any, secret_id: str, value: str) -> None:
    try:
        manager.create_secret(Name=secret_id, SecretString=value)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceExistsException":
            raise
        manager.put_secret_value(SecretId=secret_id, SecretString=value)


def user_pool(cognito: Any) -> UserPool:
    """The user pool and its app client, made if need be; `cognito` is a boto3 client."""
    pools = cognito.list_user_pools(MaxResults=60)["UserPools"]
    pool_id = next((pool["Id"] for pool in pools if pool["Name"] == USER_POOL), None)
    if pool_id is None:
        pool_id = cognito.create_user_pool(
            PoolName=USER_POOL,
            UsernameAttributes=["email"],
            AutoVerifiedAttributes=["email"],
            UsernameConfiguration={"CaseSensitive": False},
            Policies={
                "PasswordPolicy": {
                    "MinimumLength": 8,
                    "RequireLowercase": True,
                    "RequireUppercase": True,
                    "RequireNumbers": True,
                    "RequireSymbols": True,
                }
            },
        )["UserPool"]["Id"]
    clients = cognito.list_user_pool_clients(UserPoolId=pool_id, MaxResults=60)["UserPoolClients"]
    client_id = next((client["ClientId"] for client in clients if client["ClientName"] == CLIENT), None)
    if client_id is None:
        client_id = cognito.create_user_pool_client(
            UserPoolId=pool_id,
            ClientName=CLIENT,
            GenerateSecret=False,
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            PreventUserExistenceErrors="ENABLED",
            EnableTokenRevocation=True,
        )["UserPoolClient"]["ClientId"]
    return UserPool(pool_id, client_id)
