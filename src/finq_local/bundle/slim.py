"""Removes from installed packages what no function uses at run time.

A rule that took too much shows as an ImportError or UnknownServiceError: every handler is imported from its slimmed
folder, and makes the clients it needs, in `tests/images`.
"""

import gzip
import json
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

# What `finq` calls of AWS, and what botocore calls for it: signing in, where a bucket is. A client of another service
# cannot be made, and another operation is no method of its client; a test compares this with the sources.
AWS_OPERATIONS = {
    "apigatewaymanagementapi": {"PostToConnection"},
    "bedrock-runtime": {"Converse", "ConverseStream", "InvokeModel"},
    "cognito-idp": {
        "AdminDeleteUser",
        "ConfirmForgotPassword",
        "ConfirmSignUp",
        "ForgotPassword",
        "InitiateAuth",
        "ResendConfirmationCode",
        "RevokeToken",
        "SignUp",
    },
    "lambda": {"Invoke"},
    "s3": {"DeleteObjects", "GetObject", "HeadBucket", "ListObjectsV2", "PutObject"},
    "secretsmanager": {"GetSecretValue"},
    "sts": {"AssumeRole", "AssumeRoleWithWebIdentity"},
}
# Powertools is a whole framework; `finq` has its logger and its types.
_POWERTOOLS_UTILITIES = frozenset({"__init__.py", "jmespath_utils", "typing"})
_FOLDERS = frozenset({"__pycache__", "tests", "test"})
# Type stubs, C headers and sources, static libraries: for those who build upon a package.
_SUFFIXES = frozenset({".pyi", ".h", ".hpp", ".c", ".cpp", ".pxd", ".pxi", ".pyx", ".a", ".pyc"})
_PATTERNS = (
    "bin",  # console scripts, which name the interpreter that installed them
    "aws_lambda_powertools/event_handler",
    "boto3/examples",
    "botocore/data/*/*/examples-1.json",
    "boto3/data",  # resources, the older interface
    # Of PyCryptodome, `finq` has RSA's public half and SHA-256 (src/finq/accounts/tokens.py).
    *(f"Crypto/{package}" for package in ("Cipher", "IO", "Protocol", "SelfTest")),
    "Crypto/PublicKey/_[!_]*",
    "Crypto/Hash/_[!_S]*",
    "pydantic/mypy.py",
    "zstandard/*cffi*",  # PyPy's twin of its C extension, 12 MB
)


def slim(packages: Path, *, every_operation: bool = False) -> None:
    """Remove it from `packages`, a site-packages folder. Metadata (`*.dist-info`) stays: scanners read it.

    `every_operation` keeps all that AWS's services offer, for what is no function.
    """
    for pattern in _PATTERNS:
        _remove(*packages.glob(pattern))
    _slim_botocore(packages / "botocore" / "data", every_operation)
    _keep_alone(packages / "aws_lambda_powertools" / "utilities", _POWERTOOLS_UTILITIES, "*")
    if not (packages / "langchain_core").exists():  # the only one to use it
        _remove(*packages.glob("pydantic/v1"))
    for path in sorted(packages.rglob("*")):
        in_metadata = path.relative_to(packages).parts[0].endswith(".dist-info")
        if path.exists() and not in_metadata and (path.name in _FOLDERS if path.is_dir() else path.suffix in _SUFFIXES):
            _remove(path)


def drop_sources(packages: Path) -> None:
    """Remove every source whose bytecode lies beside it (`x.pyc`); tracebacks then lack the source's lines."""
    for bytecode in packages.rglob("*.pyc"):
        bytecode.with_suffix(".py").unlink()


def _slim_botocore(data: Path, every_operation: bool) -> None:
    """Leave what the clients of `AWS_OPERATIONS` read: parsing the rest is a good part of a cold start."""
    _keep_alone(data, frozenset(AWS_OPERATIONS), "*/")
    models = sorted(data.glob("*/*/service-2.json.gz"))
    hosts = {_bare_model(model, None if every_operation else AWS_OPERATIONS[model.parents[1].name]) for model in models}
    endpoints = data / "endpoints.json"
    if endpoints.exists():
        content = json.loads(endpoints.read_text())
        for partition in content["partitions"]:
            services = partition["services"].items()
            partition["services"] = {name: entry for name, entry in services if name in hosts}
        endpoints.write_text(json.dumps(content, separators=(",", ":")))


def _bare_model(path: Path, operations: Collection[str] | None) -> str:
    """Keep of a service's model these operations (None: all), the shapes that they reach, and no prose.

    The keys of the prose stay: botocore reads some of them, those of S3's own client parameters for one. Returns the
    service's name in host names.
    """

    def without_prose(node: Any) -> Any:
        if isinstance(node, dict):
            # A member of a shape may bear that name; it is described by an object, not by a text.
            return {
                key: "" if key == "documentation" and isinstance(value, str) else without_prose(value)
                for key, value in node.items()
            }
        return [without_prose(value) for value in node] if isinstance(node, list) else node

    model = without_prose(json.loads(gzip.decompress(path.read_bytes())))
    if operations is not None:
        model["operations"] = {name: value for name, value in model["operations"].items() if name in operations}
    reached: set[str] = set()
    waiting = list(_shapes_named(model["operations"]))
    while waiting:
        if (name := waiting.pop()) not in reached:
            reached.add(name)
            waiting += _shapes_named(model["shapes"][name])
    model["shapes"] = {name: value for name, value in model["shapes"].items() if name in reached}
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return str(model["metadata"]["endpointPrefix"])


def _shapes_named(node: Any) -> Iterator[str]:
    """Every `"shape": NAME` in `node`."""
    if isinstance(node, dict):
        if isinstance(name := node.get("shape"), str):
            yield name
        for value in node.values():
            yield from _shapes_named(value)
    elif isinstance(node, list):
        for value in node:
            yield from _shapes_named(value)


def _keep_alone(folder: Path, kept: frozenset[str], pattern: str) -> None:
    _remove(*(path for path in folder.glob(pattern) if path.name not in kept))


def _remove(*paths: Path) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
