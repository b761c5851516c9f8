"""`python -m finq_local.generate --count N --seed S --out DIR`: N generated records, one JSON file each."""

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from finq_local.generate.records import REFERENCE_DAY, generate


def main(arguments: list[str] | None = None) -> int:
    """Write the records to `DIR/<plcyNo>.json`; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m finq_local.generate", description=__doc__)
    parser.add_argument("--count", type=_count, required=True, help="how many records")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same records (default: 1)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to; made if need be")
    parser.add_argument(
        "--today",
        type=date.fromisoformat,
        default=REFERENCE_DAY,
        help=f"day round which application periods lie (default: {REFERENCE_DAY})",
    )
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for record in generate(options.count, options.seed, today=options.today):
        content = json.dumps(record, ensure_ascii=False)
        (options.out / f"{record['plcyNo']}.json").write_text(content, encoding="utf-8")
    sys.stdout.write(f"{options.count} records in {options.out}\n")
    return 0


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value


if __name__ == "__main__":
    sys.exit(main())
