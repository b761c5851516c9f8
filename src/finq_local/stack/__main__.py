"""`python -m finq_local.stack [--no-sample]`: a supervisor without a terminal, as `finq up --detach` starts it.

It writes its events to stdout, one JSON object a line, until the stack is ready or has failed; the reader may
go away after that. SIGTERM stops the stack.
"""

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict

from finq_local.stack.layout import Layout
from finq_local.stack.service import StackError
from finq_local.stack.supervisor import Event, Supervisor


def report(event: Event) -> None:
    """Write the event where the starter reads it, and to our log."""
    line = json.dumps(asdict(event), ensure_ascii=False)
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
    with suppress(OSError, ValueError):  # nobody reads any more
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def main() -> int:
    """Run until SIGTERM; 1 when the stack did not come up."""
    try:
        with Supervisor(Layout.from_environment(), report, with_sample="--no-sample" not in sys.argv) as supervisor:
            supervisor.handle_signals()
            try:
                supervisor.start()
                with open(os.devnull, "w") as nowhere:  # noqa: PTH123 -- a device
                    os.dup2(nowhere.fileno(), sys.stdout.fileno())
                supervisor.watch()
            except KeyboardInterrupt:
                pass
    except StackError as error:
        report(Event("stack", "FinQ", "failed", str(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
