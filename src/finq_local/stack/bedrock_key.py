"""FINQ_BEDROCK=aws: real Bedrock with the user's own AWS credentials, and nothing else of AWS.

The functions get a Bedrock API key made from those credentials instead of the credentials themselves: boto3
uses such a key for Bedrock alone, so that every other client keeps talking to the emulator. It lasts 12 hours,
or as long as the credentials it was made from: start the stack again after that. A key of one's own in
AWS_BEARER_TOKEN_BEDROCK is used as it is.

`python -m finq_local.stack.bedrock_key` prints the key, for containers.
"""

import base64
import os
import sys

import boto3
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from finq_local.stack import emulator
from finq_local.stack.service import StackError

KEY_VARIABLE = "AWS_BEARER_TOKEN_BEDROCK"
SECONDS = 12 * 60 * 60
HOST = "bedrock.amazonaws.com"


def environment() -> dict[str, str]:
    """Variables that send Bedrock clients to AWS, in the region of the user's profile.

    Raises:
        StackError: there are no credentials, or they cannot be used.
    """
    try:
        session = boto3.Session()
        region = session.region_name or emulator.REGION
        key = os.environ.get(KEY_VARIABLE) or _key(session, region)
    except BotoCoreError as error:
        raise StackError(f"FINQ_BEDROCK=aws: your AWS credentials cannot be used: {error}") from None
    return {KEY_VARIABLE: key, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"https://bedrock-runtime.{region}.amazonaws.com"}


def _key(session: boto3.Session, region: str) -> str:
    """A presigned call, encoded: the form AWS defines for short-term Bedrock API keys."""
    credentials = session.get_credentials()
    if credentials is None:
        raise StackError(
            "FINQ_BEDROCK=aws needs AWS credentials: log in (`aws sso login`), set AWS_PROFILE, "
            "or leave FINQ_BEDROCK out."
        )
    request = AWSRequest(
        method="POST", url=f"https://{HOST}/", headers={"host": HOST}, params={"Action": "CallWithBearerToken"}
    )
    SigV4QueryAuth(credentials.get_frozen_credentials(), "bedrock", region, expires=SECONDS).add_auth(request)
    presigned = f"{request.url.removeprefix('https://')}&Version=1"
    return "bedrock-api-key-" + base64.b64encode(presigned.encode()).decode()


if __name__ == "__main__":
    try:
        print(environment()[KEY_VARIABLE])  # noqa: T201
    except StackError as error:
        sys.exit(str(error))
