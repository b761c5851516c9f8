"""`finq collect`: from the Open API into the policy bucket, and on into the stores."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from finq_local.cli.terminal import command, err, notice, out, running_stack
from finq_local.stack.layout import Layout
from finq_local.stack.service import StackError

From = Annotated[Path | None, typer.Option("--from", help="A .jsonl file of records for the stand-in to serve.")]
AcceptVanished = Annotated[
    bool, typer.Option("--accept-vanished", help="Remove policies however many are gone from the source.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(collect)


@command
def collect(source: From = None, accept_vanished: AcceptVanished = False) -> None:
    """Collect policies from the Open API and load them; ends with both reports.

    The source is a stand-in over the sample policies, or the real one if the stack was started with FINQ_OPENAPI_KEY.
    """
    from finq_local.stack import loading  # noqa: PLC0415

    layout = running_stack()
    event = {"action": "collect", "then": "load", "accept_vanished": accept_vanished}
    with _source(layout, source), err.status("collecting …") as status:
        reports = loading.run(layout, lambda so_far: status.update(loading.describe(so_far)), event)
    _show(reports)
    if reason := reports["collected"]["reason"]:
        err.print(f"finq: {reason}", style="yellow", markup=False, soft_wrap=True)
        raise typer.Exit(1)


@contextmanager
def _source(layout: Layout, records: Path | None) -> Iterator[None]:
    """The stand-in for as long as it is needed, unless the stack collects from the real service."""
    from finq_local.stack import functions, models  # noqa: PLC0415
    from finq_local.stack.service import ServiceProcess, wait_until_ready  # noqa: PLC0415

    if functions.collects_for_real(layout):
        if records:
            raise StackError("This stack collects from the real Open API; --from is for the stand-in.")
        notice("Collecting from the real Open API, with your key.")
        yield
        return
    service = models.openapi(layout.home, layout.port("openapi"), layout.log("openapi"))
    if records:
        chosen = {"FINQ_OPENAPI_RECORDS": str(records.absolute())}
        service = replace(service, environment={**service.environment, **chosen})
    elif service.ready():  # somebody runs one already
        yield
        return
    process = ServiceProcess(service)
    try:
        wait_until_ready([process])
        yield
    finally:
        process.stop()


def _show(reports: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    for title, report in reports.items():
        table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
        for name, value in report.items():
            if isinstance(value, int | float | str) and value != "":
                table.add_row(name, str(value))
        out.print(table)
