"""The two halves of a function's folder, each ready to run: what others wrote, and what we wrote.

They are made apart so that an image can hold them in layers of their own; a zip holds both.
"""

import shutil
import sys
from pathlib import Path

from finq_local.bundle.bytecode import compile_folder
from finq_local.bundle.install import install
from finq_local.bundle.reproducible import settle
from finq_local.bundle.slim import drop_sources, slim


def make_dependencies(
    lock: Path,
    target: Path,
    *,
    installed_at: Path,
    python: str = sys.executable,
    sources: bool = True,
    every_operation: bool = False,
) -> None:
    """Put the packages of `lock` into `target`, which must not exist.

    Args:
        installed_at: where `target` will lie when the function runs.
        python: an interpreter of `bundle.PYTHON`, to compile with.
        sources: whether to keep them beside their bytecode.
        every_operation: of AWS, not only those that functions call.
    """
    target.mkdir(parents=True)
    install(lock, target)
    slim(target, every_operation=every_operation)
    compile_folder(target, installed_at=installed_at, python=python, beside=not sources)
    if not sources:
        drop_sources(target)
    settle(target)


def make_code(project: Path, target: Path, *, installed_at: Path, python: str = sys.executable) -> None:
    """Put the product's code and its REST contract, for which `finq.rest` looks there, into `target`."""
    shutil.copytree(project / "src" / "finq", target / "finq", ignore=shutil.ignore_patterns("__pycache__"))
    (target / "api").mkdir()
    shutil.copy(project / "api" / "openapi.yaml", target / "api")
    compile_folder(target, installed_at=installed_at, python=python)
    settle(target)
