"""The calls by which a release tries each new version, on functions that are in order."""

import json

import boto3
import pytest

from finq_local.stack import emulator
from finq_ops.release.probes import PROBES


@pytest.mark.parametrize("name", sorted(PROBES))
def test_a_function_in_order_passes_its_probe(stack, name) -> None:
    client = boto3.client(
        "lambda", endpoint_url=stack.url, region_name=emulator.REGION,
        aws_access_key_id=emulator.ACCESS_KEY_ID, aws_secret_access_key=emulator.SECRET_ACCESS_KEY,
    )  # fmt: skip
    response = client.invoke(FunctionName=name, Payload=json.dumps(PROBES[name].event).encode())
    answer = json.loads(response["Payload"].read())
    assert "FunctionError" not in response, answer
    assert PROBES[name].in_order(answer), answer
