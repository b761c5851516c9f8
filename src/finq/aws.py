"""AWS clients, one per service and process, with time-outs that fit a Lambda invocation.

botocore's own: they are what `boto3.client` returns, without boto3's transfers of large files, whose import brings
multiprocessing along and is a good part of a cold start.
"""

import json
from datetime import datetime
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.httpsession import get_cert_path
from botocore.session import Session, get_session
from botocore.utils import parse_timestamp

from finq.errors import ServiceUnavailable
from finq.observability import logger


@cache
def client(service: str, *, read_timeout: float = 10, endpoint_url: str | None = None, attempts: int = 3) -> Any:
    """A cached client. The endpoint comes from `AWS_ENDPOINT_URL_<SERVICE>` where that is set."""
    config = Config(
        connect_timeout=3,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=64,  # as many as the loader may use at a time; they are opened when needed
    )
    return _session().create_client(service, config=config, endpoint_url=endpoint_url)


@cache
def _session() -> Session:
    session = get_session()
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
    return session


def _timestamp(value: Any) -> datetime:
    """botocore's guesses the format, which takes as long as the rest of a listing; S3 says 2026-11-27T09:00:00.000Z."""
    if isinstance(value, str) and value[4:5] == "-":
        return datetime.fromisoformat(value)
    parsed: datetime = parse_timestamp(value)
    return parsed


def credentials() -> tuple[str, str, str | None]:
    """Access key id, secret key and session token, as they are now.

    Raises:
        NoCredentialsError: the process has none.
    """
    found = _session().get_credentials()
    if found is None:
        raise NoCredentialsError
    frozen = found.get_frozen_credentials()
    return frozen.access_key, frozen.secret_key, frozen.token


def trusted_authorities() -> str:
    """Path of the certificates that clients trust: `AWS_CA_BUNDLE`, else botocore's own."""
    path: str = _session().get_config_variable("ca_bundle") or get_cert_path(True)
    return path


@cache
def secret(secret_id: str) -> dict[str, str]:
    """The JSON object stored in Secrets Manager under `secret_id`; `secret.cache_clear()` after a rotation.

    Raises:
        ServiceUnavailable: Secrets Manager refuses or does not answer.
    """
    try:
        value = client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
    except (ClientError, BotoCoreError) as error:
        logger.error("a secret cannot be read", secret_id=secret_id, error=type(error).__name__)
        raise ServiceUnavailable from error
    parsed: dict[str, str] = json.loads(value)
    return parsed
