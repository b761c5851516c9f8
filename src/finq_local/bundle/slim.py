"""Removes from installed packages what no function uses at run time.

A rule that took too much shows as an ImportError or UnknownServiceError: every handler is imported from its slimmed
folder, and makes the clients it needs, in `tests/images`.
"""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

# The services that `finq` calls through boto3, and what signing in needs; `boto3.client` of any other one fails.
AWS_SERVICES = frozenset(
    {"apigatewaymanagementapi", "bedrock-runtime", "cognito-idp", "lambda", "s3", "secretsmanager", "sts"}
)
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
    "cffi",  # cryptography's extension was made with it, and needs its C half alone
    "pycparser",
    "pydantic/mypy.py",
    "zstandard/*cffi*",  # PyPy's twin of its C extension, 12 MB
)


def slim(packages: Path) -> None:
    """Remove it from `packages`, a site-packages folder. Metadata (`*.dist-info`) stays: scanners read it."""
    for pattern in _PATTERNS:
        _remove(*packages.glob(pattern))
    _keep_alone(packages / "botocore" / "data", AWS_SERVICES, "*/")
    for model in sorted((packages / "botocore" / "data").glob("*/*/service-2.json.gz")):
        _drop_documentation(model)
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


def _drop_documentation(model: Path) -> None:
    """Empty the prose of a service's model: two thirds of what a cold start has to read and parse.

    The keys stay: botocore reads some of them, those of S3's own client parameters for one.
    """

    def bare(node: Any) -> Any:
        if isinstance(node, dict):
            # A member of a shape may bear that name; it is described by an object, not by a text.
            return {
                key: "" if key == "documentation" and isinstance(value, str) else bare(value)
                for key, value in node.items()
            }
        return [bare(value) for value in node] if isinstance(node, list) else node

    text = json.dumps(bare(json.loads(gzip.decompress(model.read_bytes()))), ensure_ascii=False, separators=(",", ":"))
    model.write_bytes(gzip.compress(text.encode(), mtime=0))


def _keep_alone(folder: Path, kept: frozenset[str], pattern: str) -> None:
    _remove(*(path for path in folder.glob(pattern) if path.name not in kept))


def _remove(*paths: Path) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
