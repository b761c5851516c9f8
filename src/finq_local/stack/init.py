"""`python -m finq_local.stack.init`: what Terraform and a first deployment do on AWS, for a stack of containers.

It runs once when the components answer: user pool, schema, sample policies, the last two by the functions that do it
on AWS. Buckets and secrets are there already, made by LocalStack itself. Safe to repeat. Clients are boto3's own, set
up by AWS's environment variables; FINQ_URL is the gateway.
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from finq.settings import CognitoSettings
from finq_local.stack import documents, functions, sample_policies
from finq_local.stack.layout import Layout
from finq_local.stack.provision import user_pool
from finq_local.stack.service import StackError


def make_user_pool() -> str:
    """The pool under the ids that the functions know already.

    Raises:
        StackError: it got others.
    """
    expected = CognitoSettings.from_environment()
    pool = user_pool(boto3.client("cognito-idp"))
    if (pool.pool_id, pool.client_id) != (expected.user_pool_id, expected.client_id):
        raise StackError(f"The user pool is {pool.pool_id}, its client {pool.client_id}; the functions know others.")
    return pool.pool_id


def load_sample(layout: Layout) -> str:
    """Store the sample and load it, unless FINQ_SAMPLE is 0; what there is to say about it.

    Raises:
        StackError: the loader failed.
    """
    if os.environ.get("FINQ_SAMPLE") == "0":
        return "left out"
    records = sample_policies.documents_of_today()
    documents.upload(boto3.client("s3", config=Config(s3={"addressing_style": "path"})), records)
    report = functions.invoke(layout, functions.LOADER)
    if report["milvus"] == "incomplete":
        raise StackError("Milvus did not take the policies.")
    return f"{len(records)} policies, {report['new']} new, {report['changed']} changed"


def main() -> int:
    """Exit status 0 when everything is there."""
    layout = Layout.from_environment()
    steps: tuple[tuple[str, Callable[[], str]], ...] = (
        ("user pool", make_user_pool),
        ("schema", partial(functions.install_schema, layout, lambda _: None)),
        ("sample", partial(load_sample, layout)),
    )
    for name, step in steps:
        began = time.monotonic()
        try:
            told = step()
        except (StackError, BotoCoreError, ClientError) as error:
            print(f"{name}: {error}", file=sys.stderr)  # noqa: T201
            return 1
        print(f"{name}: {told} ({time.monotonic() - began:.1f} s)", flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
