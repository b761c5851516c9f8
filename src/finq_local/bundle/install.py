"""Installs a lock file's packages into a folder, checked against their hashes, for Lambda's platform."""

import os
import subprocess
import sys
from pathlib import Path

from finq_local.bundle import PYTHON

# Amazon Linux 2023, which runs the zips, has glibc 2.34; Debian 12, under the images, 2.36.
PLATFORM = "x86_64-manylinux_2_28"


def install(lock: Path, target: Path) -> None:
    """Install `lock` into `target`; wheels alone, so nothing of a stranger runs and no compiler is needed.

    Raises:
        subprocess.CalledProcessError: a package cannot be had, or is not the locked one. uv has said which.
    """
    command = [_uv(), "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "--no-deps"]
    # Copies, since what is installed here is changed afterwards and must not change uv's cache.
    command += ["--link-mode", "copy", "--target", str(target)]
    command += ["--python-version", PYTHON, "--python-platform", PLATFORM, "--requirement", str(lock)]
    subprocess.run(command, check=True, env={**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"})


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")  # of a virtual environment that is not activated
    return str(beside) if beside.exists() else "uv"
