"""MiniStack: Cognito, S3, Secrets Manager and the rest of AWS, on one port.

It pins botocore exactly, so it lives in an environment of its own, `.venv-aws`.
"""

import os
import sys
from functools import partial
from pathlib import Path

from finq_local.stack.probes import http_answers
from finq_local.stack.service import Service, StackError

REGION = "ap-northeast-2"
ACCOUNT_ID = "000000000000"
# The emulator accepts these two without an IAM user; they open nothing but it and the local gateway.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105
CONFIRMATION_CODE = "123456"
# boto3 finds each service by these; models and functions are served by others.
SERVICES = ("S3", "SECRETS_MANAGER", "COGNITO_IDENTITY_PROVIDER", "SNS", "SQS", "STS", "SCHEDULER", "SFN")


def environment_folder() -> Path:
    """`.venv-aws` beside the environment that runs us, unless FINQ_EMULATOR_VENV names another."""
    return Path(os.environ.get("FINQ_EMULATOR_VENV") or Path(sys.prefix).with_name(".venv-aws"))


def program() -> Path:
    """The emulator's interpreter.

    Raises:
        StackError: the environment is not there.
    """
    python = environment_folder() / "bin" / "python"
    if not python.exists():
        raise StackError(f"The AWS emulator is not installed in {environment_folder()}. Run `make setup`.")
    return python


def service(home: Path, port: int, log: Path) -> Service:
    """The emulator's process. It saves its state on SIGTERM, and loads it from `home` at the next start."""
    data = home / "aws"
    return Service(
        name="aws",
        title="AWS emulator",
        # Under its own server, hypercorn, a read from S3 takes a fifth to a quarter more.
        command=(
            *(str(program()), "-m", "uvicorn", "ministack.app:app", "--host", "127.0.0.1", "--port", str(port)),
            *("--loop", "uvloop", "--http", "httptools", "--ws", "none", "--timeout-keep-alive", "75"),
            *("--no-access-log", "--timeout-graceful-shutdown", "2"),
        ),
        port=port,
        environment={
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(data / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(data / "s3"),
            "TMPDIR": str(data),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # It stops containers that it takes for its own: keep it away from the user's Docker.
            "DOCKER_HOST": f"unix://{data}/no-docker.sock",
        },
        ready=partial(http_answers, f"{url(port)}/_ministack/health"),
        log=log,
        folder=data,
    )


def url(port: int) -> str:
    """Endpoint of every service."""
    return f"http://127.0.0.1:{port}"


def endpoints(port: int) -> dict[str, str]:
    """Environment that sends boto3 to the emulator."""
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        **{f"AWS_ENDPOINT_URL_{name}": url(port) for name in SERVICES},
    }


def jwks_url(port: int, pool_id: str) -> str:
    """Signing keys of a user pool: the tokens' `iss` stays AWS's own address, the keys are here."""
    return f"{url(port)}/{pool_id}/.well-known/jwks.json"
