"""`python -m finq_ops.release`: the steps of a release, for the pipeline and for a person at night."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from finq_local.functions import load_functions
from finq_ops.release.aliases import Alarms, Aliases, Record
from finq_ops.release.artifacts import upload_zips, variables
from finq_ops.release.plan import Plan, ReleaseError, read_plan
from finq_ops.release.rollout import Pace, Rollout, roll_back


def main() -> int:
    """Run one step; exit status 1 when the release was refused or taken back."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, _cancelled)
    try:
        arguments.step(arguments)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _artifacts(arguments: argparse.Namespace) -> None:
    functions = load_functions(arguments.functions).functions
    zipped = [name for name, function in functions.items() if function.package == "zip"]
    packages = sorted({function.package for function in functions.values()} - {"zip"})
    images = dict(image.split("=", 1) for image in arguments.image if "=" in image)
    prefix = upload_zips(boto3.client("s3"), arguments.bucket, arguments.zips, zipped)
    arguments.out.write_text(variables(images, packages, prefix), encoding="utf-8")


def _roll_out(arguments: argparse.Namespace) -> None:
    plan, aliases, record = _plan(arguments), Aliases(_lambda()), _record(arguments)
    alarms = Alarms(boto3.client("cloudwatch"))
    rollout = Rollout(plan, aliases, alarms, _tell, despite=frozenset(arguments.despite))
    pace = Pace(share=arguments.share, canary=arguments.canary, after=arguments.after)
    if before := rollout.run(pace):
        record.write({key: plan[key].version for key in before}, before)


def _roll_back(arguments: argparse.Namespace) -> None:
    plan, aliases, record = _plan(arguments), Aliases(_lambda()), _record(arguments)
    before = record.before()
    record.write(before, roll_back(plan, aliases, before, _tell))


def _status(arguments: argparse.Namespace) -> None:
    aliases = Aliases(_lambda())
    for function in _plan(arguments).functions:
        route = aliases.route(function)
        share = f", {route.weight:.0%} to {route.canary}" if route.canary else ""
        _tell(f"{function.name:32} live {route.version}{share}, published {function.version}")


def _plan(arguments: argparse.Namespace) -> Plan:
    return read_plan(json.loads(arguments.outputs.read_text(encoding="utf-8")))


def _lambda() -> Any:
    # A call is not repeated: a migration that is still running must not be joined by a second one.
    return boto3.client("lambda", config=Config(read_timeout=120, retries={"total_max_attempts": 1}))


def _record(arguments: argparse.Namespace) -> Record:
    return Record(boto3.client("s3"), arguments.bucket, f"releases/{arguments.environment}.json")


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def _cancelled(_signal: int, _frame: object) -> None:
    raise ReleaseError("cancelled")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m finq_ops.release", description=__doc__)
    steps = parser.add_subparsers(required=True, metavar="STEP")

    artifacts = steps.add_parser("artifacts", help="upload zips, write Terraform's variables of the release")
    artifacts.set_defaults(step=_artifacts)
    artifacts.add_argument("--bucket", required=True, help="finkurn-lambda-deployment")
    artifacts.add_argument("--zips", type=Path, default=Path("dist/zips"), help="folder of NAME.zip")
    artifacts.add_argument("--image", action="append", default=[], metavar="PACKAGE=IMAGE@DIGEST")
    artifacts.add_argument("--functions", type=Path, default=Path("functions.yaml"))
    artifacts.add_argument("--out", type=Path, default=Path("release.tfvars.json"))

    for name, step, told in (
        ("roll-out", _roll_out, "make the published versions live, or take them back at an alarm"),
        ("roll-back", _roll_back, "make the versions before the last release live again"),
        ("status", _status, "what is live, and what was published"),
    ):
        command = steps.add_parser(name, help=told)
        command.set_defaults(step=step)
        command.add_argument("outputs", type=Path, help="file with `terraform output -json` of terraform/system")
        if name == "status":
            continue
        command.add_argument("--environment", required=True, choices=("dev", "prod"))
        command.add_argument("--bucket", required=True, help="finkurn-lambda-deployment, for the record of releases")
        if name == "roll-out":
            pace = Pace()
            command.add_argument("--share", type=float, default=pace.share, help="of the traffic at first")
            command.add_argument("--canary", type=float, default=pace.canary, help="seconds with that share")
            command.add_argument("--after", type=float, default=pace.after, help="seconds watched at the end")
            command.add_argument("--despite", action="append", default=[], metavar="ALARM", help="may ring")
    return parser


if __name__ == "__main__":
    sys.exit(main())
