"""`python -m finq_local.bundle`: the steps of a build, for the Dockerfiles and the Makefile."""

import argparse
import importlib
from pathlib import Path

from finq_local.bundle.interpreter import find_interpreter
from finq_local.bundle.reproducible import settle
from finq_local.bundle.task import make_code, make_dependencies


def main() -> None:
    """Parse the command line and run one step."""
    arguments = _parser().parse_args()
    root: Path = arguments.root
    if arguments.step in {"dependencies", "code"}:
        place: Path = arguments.place
        target = root / place.relative_to("/")
        if arguments.step == "dependencies":
            every = arguments.every_operation
            make_dependencies(arguments.source, target, installed_at=place, every_operation=every)
        else:
            make_code(arguments.source, target, installed_at=place)
        settle(root)
        return
    # functions.yaml takes packages to read, which the other steps have to do without.
    zips = importlib.import_module("finq_local.bundle.zips")
    functions = zips.zip_functions(arguments.source)
    if arguments.step == "zips":
        for path in zips.make_zips(arguments.source, functions, root, python=find_interpreter()):
            print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")  # noqa: T201
        return
    make = zips.make_task_dependencies if arguments.step == "zip-dependencies" else zips.make_task_code
    make(arguments.source, functions, root / zips.TASK_ROOT.relative_to("/"))
    settle(root)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m finq_local.bundle", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, source, root, told in (
        ("dependencies", "lock file", "image", "one function's packages"),
        ("code", "project", "image", "the product's code"),
        ("zip-dependencies", "project", "image", "every zip function's packages"),
        ("zip-code", "project", "image", "every zip function's code"),
        ("zips", "project", "folder", "every zip function as NAME.zip"),
    ):
        step = steps.add_parser(name, help=told, description=told)
        step.add_argument("source", type=Path, help=source)
        step.add_argument("root", type=Path, help="folder to write to" if root == "folder" else "folder that becomes /")
        if name in {"dependencies", "code"}:
            step.add_argument("place", type=Path, help="where in the image, from /")
        if name == "dependencies":
            step.add_argument("--every-operation", action="store_true", help="of AWS, not only what functions call")
    return parser


if __name__ == "__main__":
    main()
