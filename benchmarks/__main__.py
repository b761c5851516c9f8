"""`python -m benchmarks [name ...]`: one JSON line a figure on stdout; exit status 1 when a bar is not kept."""

import importlib
import sys
from logging import StreamHandler

from finq.observability import logger

NAMES = ("start", "search", "retrieval", "etl", "chat")
LONG = ("etl_scale", "search_scale", "images")  # only when named


def main() -> int:
    """Run the benchmarks named, all by default."""
    names = sys.argv[1:] or NAMES
    known = NAMES + LONG
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    if isinstance(logger.registered_handler, StreamHandler):
        logger.registered_handler.setStream(sys.stderr)  # stdout is for the figures
    kept = True
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)
        for figure in importlib.import_module(f"benchmarks.{name}").run():
            print(figure.line(), flush=True)
            kept = kept and figure.ok
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
