"""The small functions as zips for Lambda's managed runtime, and as folders for the image that runs them locally."""

import os
import shutil
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from finq_local.bundle.task import make_code, make_dependencies
from finq_local.functions import FunctionSpec, load_functions

TASK_ROOT = Path("/var/task")
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold


def zip_functions(project: Path) -> list[FunctionSpec]:
    """Those that `functions.yaml` of `project` packages as zips."""
    functions = load_functions(project / "functions.yaml").functions.values()
    return [function for function in functions if function.package == "zip"]


def make_task_dependencies(
    project: Path, functions: Sequence[FunctionSpec], root: Path, *, python: str = sys.executable
) -> None:
    """Make `root/NAME` hold the packages of each function NAME. What several functions have is hard-linked."""
    made: dict[bytes, Path] = {}
    for function in functions:
        lock = project / "locks" / f"{function.name}.txt"
        target = root / function.name
        if same := made.get(lock.read_bytes()):
            shutil.copytree(same, target, copy_function=os.link)
        else:
            make_dependencies(lock, target, installed_at=TASK_ROOT, python=python, sources=False)
            made[lock.read_bytes()] = target


def make_task_code(
    project: Path, functions: Sequence[FunctionSpec], root: Path, *, python: str = sys.executable
) -> None:
    """Make `root/NAME` hold the product's code for each function NAME, and `root/NAME.handler` its handler."""
    first: Path | None = None
    for function in functions:
        target = root / function.name
        if first is None:
            make_code(project, target, installed_at=TASK_ROOT, python=python)
            first = target
        else:
            shutil.copytree(first, target, copy_function=os.link)
        (root / f"{function.name}.handler").write_text(function.handler)


def make_zips(project: Path, functions: Sequence[FunctionSpec], out: Path, *, python: str) -> Iterator[Path]:
    """Write `out/NAME.zip` for each function; the same bytes whenever and wherever the same commit is built."""
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        dependencies, code = Path(folder, "dependencies"), Path(folder, "code")
        make_task_dependencies(project, functions, dependencies, python=python)
        make_task_code(project, functions, code, python=python)
        for function in functions:
            yield _write(out / f"{function.name}.zip", dependencies / function.name, code / function.name)


def _write(path: Path, *folders: Path) -> Path:
    entries = {file.relative_to(folder).as_posix(): file for folder in folders for file in folder.rglob("*")}
    with zipfile.ZipFile(path, "w") as archive:
        for name, file in sorted(entries.items()):
            if file.is_file():
                entry = zipfile.ZipInfo(name, _TIMESTAMP)
                entry.external_attr = file.stat().st_mode << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, file.read_bytes(), compresslevel=9)
    return path
