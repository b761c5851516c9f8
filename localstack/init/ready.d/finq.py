"""Run by LocalStack itself whenever it has started, and so after a restart too, which makes it forget everything.

What Terraform makes on AWS: buckets and secrets. Its own default region is us-east-1, so the region is named here.
"""

import json
import os

import boto3

REGION = "ap-northeast-2"
BUCKETS = ("finkurn-policy-docs", "finkurn-lambda-deployment")
VERSIONED = "finkurn-policy-docs"
SECRETS = {
    "finkurn/rds": {"username": os.environ["FINQ_DATABASE_USER"], "password": os.environ["FINQ_DATABASE_PASSWORD"]},
    "finkurn/milvus": {"token": ""},
    "finkurn/tavily": {"api_key": os.environ["FINQ_TAVILY_KEY"]},
    "finkurn/openapi": {"api_key": os.environ["FINQ_OPENAPI_KEY"]},
}


def client(service):
    return boto3.client(
        service,
        endpoint_url="http://127.0.0.1:4566",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 -- LocalStack takes any
    )


s3, manager = client("s3"), client("secretsmanager")
for bucket in BUCKETS:
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
s3.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
for name, value in SECRETS.items():
    manager.create_secret(Name=name, SecretString=json.dumps(value))
