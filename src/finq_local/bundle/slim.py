"""Removes from installed packages what no function uses at run time.

Every rule is proven by `tests/images`: the slimmed functions answer there as they do unslimmed elsewhere.
"""

import shutil
from pathlib import Path

# The services that `finq` calls through boto3, and what signing in needs; `boto3.client` of any other one fails.
AWS_SERVICES = frozenset(
    {"apigatewaymanagementapi", "bedrock-runtime", "cognito-idp", "lambda", "s3", "secretsmanager", "sts"}
)
_FOLDERS = frozenset({"__pycache__", "tests", "test"})
# Type stubs, C headers and sources, static libraries: for those who build upon a package.
_SUFFIXES = frozenset({".pyi", ".h", ".hpp", ".c", ".cpp", ".pxd", ".pxi", ".pyx", ".a", ".pyc"})
_PATTERNS = (
    "bin",  # console scripts, which name the interpreter that installed them
    "boto3/examples",
    "zstandard/*cffi*",  # PyPy's twin of its C extension, 12 MB
)


def slim(packages: Path) -> None:
    """Remove it from `packages`, a site-packages folder. Metadata (`*.dist-info`) stays: scanners read it."""
    for pattern in _PATTERNS:
        for path in packages.glob(pattern):
            _remove(path)
    for path in sorted(packages.rglob("*")):
        if not path.exists() or ".dist-info" in path.relative_to(packages).parts[0]:
            continue
        if (path.name in _FOLDERS and path.is_dir()) or (path.suffix in _SUFFIXES and path.is_file()):
            _remove(path)
    for path in (packages / "botocore" / "data").glob("*/"):
        if path.name not in AWS_SERVICES:
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
