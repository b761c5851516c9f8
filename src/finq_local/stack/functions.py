"""The gateway with the functions behind it: its process, their environment, and calling them."""

import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from finq_local.stack import bedrock_key, emulator, vectors
from finq_local.stack.layout import PROJECT, Layout
from finq_local.stack.probes import http_answers
from finq_local.stack.provision import (
    DATABASE_SECRET,
    OPENAPI_SECRET,
    POLICY_BUCKET,
    TAVILY_SECRET,
    UserPool,
    client,
)
from finq_local.stack.service import Service, StackError

DATABASE = "finkurn"
LOADER = "finkurn-load-policies"
STATUS_PATH = "/_finq/status"
WARM_SECONDS = 60
TAVILY_KEY = "tvly-local"  # its stand-in takes any
OPENAPI_KEY = "00000000-0000-4000-8000-000000000000"  # as does this one


def gateway(layout: Layout, pool: UserPool) -> Service:
    """The gateway's process; it starts a worker for a function when that is first called."""
    port = layout.port("gateway")
    return Service(
        name="gateway",
        title="Gateway and functions",
        command=(sys.executable, "-m", "finq_local.gateway"),
        port=port,
        environment=environment(layout, pool),
        ready=partial(http_answers, f"{layout.url}{STATUS_PATH}"),
        log=layout.log("gateway"),
        folder=PROJECT,
    )


def environment(layout: Layout, pool: UserPool) -> dict[str, str]:
    """What the functions read, as Terraform sets it on AWS; who is behind an endpoint is all that differs."""
    return {
        **emulator.endpoints(layout.port("aws")),
        **_bedrock(layout),
        "AWS_ENDPOINT_URL_LAMBDA": layout.url,
        "FINQ_HOME": str(layout.home),
        "FINQ_PORT": str(layout.port("gateway")),
        "FINQ_FUNCTIONS": str(PROJECT / "functions.yaml"),
        "FINQ_CONTRACT": str(PROJECT / "api" / "openapi.yaml"),
        "FINQ_DATABASE_HOST": "127.0.0.1",
        "FINQ_DATABASE_PORT": str(layout.port("postgres")),
        "FINQ_DATABASE_NAME": DATABASE,
        "FINQ_DATABASE_SECRET_ID": DATABASE_SECRET,
        "FINQ_DATABASE_SSLMODE": "disable",  # loopback
        "FINQ_MILVUS_URI": vectors.url(layout.port("milvus")),
        "FINQ_POLICY_BUCKET": POLICY_BUCKET,
        "FINQ_USER_POOL_ID": pool.pool_id,
        "FINQ_USER_POOL_CLIENT_ID": pool.client_id,
        "FINQ_JWKS_URL": emulator.jwks_url(layout.port("aws"), pool.pool_id),
        "FINQ_WEBSOCKET_ENDPOINT": layout.url,
        "FINQ_TAVILY_SECRET_ID": TAVILY_SECRET,
        "FINQ_TAVILY_URL": f"http://127.0.0.1:{layout.port('tavily')}",
        "FINQ_OPENAPI_SECRET_ID": OPENAPI_SECRET,
        **_open_api(layout),
    }


def _open_api(layout: Layout) -> dict[str, str]:
    """The real one for whoever has a key of it, where the function finds it by default."""
    if os.environ.get("FINQ_OPENAPI_KEY"):
        return {name: value for name in ("FINQ_OPENAPI_URL",) if (value := os.environ.get(name))}
    return {"FINQ_OPENAPI_URL": f"http://127.0.0.1:{layout.port('openapi')}/go/ythip/getPlcy"}


def collects_for_real(layout: Layout) -> bool:
    """Whether the stack was started with a key of the real Open API."""
    stored = client("secretsmanager", layout.port("aws")).get_secret_value(SecretId=OPENAPI_SECRET)["SecretString"]
    return bool(json.loads(stored)["api_key"] != OPENAPI_KEY)


def uses_real_bedrock() -> bool:
    """Whether FINQ_BEDROCK=aws sends the functions to Bedrock itself.

    Raises:
        StackError: FINQ_BEDROCK is something else.
    """
    choice = os.environ.get("FINQ_BEDROCK") or "local"
    if choice not in ("local", "aws"):
        raise StackError(f"FINQ_BEDROCK must be `local` or `aws`, not {choice!r}.")
    return choice == "aws"


def answered_by() -> str:
    """Who answers, said plainly."""
    if uses_real_bedrock():
        return "real Amazon Bedrock, with your AWS credentials"
    if url := os.environ.get("FINQ_LLM_URL"):
        return f"{os.environ.get('FINQ_LLM_MODEL', 'a model')} at {url}"
    return "a rule-based stand-in, no language model"


def keep_to_one_embedder(home: Path) -> None:
    """Vectors of one model say nothing to another: hold a stack to the one its policies were embedded by.

    Raises:
        StackError: the settings choose another than at the first start.
    """
    local = os.environ.get("FINQ_LLM_EMBEDDING_MODEL") if os.environ.get("FINQ_LLM_URL") else None
    chosen = "Amazon Bedrock" if uses_real_bedrock() else local or "the stand-in"
    marker = home / "embedder"
    if not marker.exists():
        marker.write_text(chosen, encoding="utf-8")
    elif (before := marker.read_text(encoding="utf-8")) != chosen:
        raise StackError(
            f"The policies in {home} were embedded by {before}, and now {chosen} would embed the questions. "
            "Use another FINQ_HOME, or start anew: finq down --purge"
        )


def _bedrock(layout: Layout) -> dict[str, str]:
    if uses_real_bedrock():
        return bedrock_key.environment()
    return {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"http://127.0.0.1:{layout.port('bedrock')}"}


def install_schema(layout: Layout, _: Callable[[str], None]) -> str:
    """Apply the migrations by the function that does it on AWS; what it did, for people."""
    report = invoke(layout, "finkurn-install-pgvector")
    applied = report.get("applied") or []
    return f"{len(applied)} migrations applied" if applied else "up to date"


def wait_until_warm(layout: Layout, _: Callable[[str], None]) -> str:
    """Block until the functions that people wait for have started; how many processes run, for people.

    Raises:
        StackError: one of them failed to start, or they took longer than a minute.
    """
    deadline = time.monotonic() + WARM_SECONDS
    while not (status := gateway_status(layout))["ready"]:
        if time.monotonic() > deadline:
            raise StackError(f"The functions did not start within {WARM_SECONDS} s. See `finq status`, `finq logs`.")
        time.sleep(0.05)
    broken = [name for name, function in status["functions"].items() if function["state"] == "failed"]
    if broken:
        raise StackError(f"{broken[0]} does not start: {status['functions'][broken[0]]['last_error']}")
    workers = sum(len(function["workers"]) for function in status["functions"].values())
    return f"{workers} processes"


def gateway_status(layout: Layout) -> dict[str, Any]:
    """What the gateway says of its functions.

    Raises:
        StackError: it does not answer.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{layout.url}{STATUS_PATH}", timeout=2) as response:
            status: dict[str, Any] = json.load(response)
            return status
    except (OSError, ValueError) as error:
        raise StackError(f"The gateway does not answer ({error}). See `finq logs gateway`.") from None


def invoke(layout: Layout, function: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call a function through the gateway and wait for its result.

    Raises:
        StackError: it cannot be called, or failed; with the error it gave.
    """
    client = boto3.client(
        "lambda",
        endpoint_url=layout.url,
        region_name=emulator.REGION,
        aws_access_key_id=emulator.ACCESS_KEY_ID,
        aws_secret_access_key=emulator.SECRET_ACCESS_KEY,
        config=Config(connect_timeout=3, read_timeout=910, retries={"total_max_attempts": 1}, proxies={}),
    )
    hint = f"See `finq logs {function}`."
    try:
        response = client.invoke(FunctionName=function, Payload=json.dumps(payload or {}).encode())
    except (BotoCoreError, ClientError) as error:
        raise StackError(f"{function} could not be called: {error}. {hint}") from None
    result = json.loads(response["Payload"].read() or b"null")
    if response.get("FunctionError"):
        reason = f"{result.get('errorType')}: {result.get('errorMessage')}" if isinstance(result, dict) else result
        raise StackError(f"{function} failed: {reason}. {hint}")
    return result if isinstance(result, dict) else {}
