"""The calls by which a release tries each new version, on functions that are in order."""

import json

import boto3
import psycopg
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
    # Docker's public images of pgvector include old ones; those the probe has to refuse.
    refused = name == "finkurn-check-pgvector" and pgvector_version(stack) < (0, 8, 2)
    assert bool(PROBES[name].in_order(answer)) is not refused, answer


def pgvector_version(stack) -> tuple[int, ...]:
    """What the database says, not what a function makes of it."""
    with psycopg.connect(stack.database) as connection:
        row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    assert row
    return tuple(map(int, row[0].split(".")))
