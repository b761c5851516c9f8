"""`finq monitor`: the daily look at the web, now."""

import typer

from finq_local.cli.terminal import command, err, fail, out, running_stack

_ENDS = {
    "budget": "The searches of one run are spent; the next run begins with the rest (FINQ_MONITOR_SEARCHES).",
    "time": "Time is up; the next run begins with the rest.",
    "throttled": "Tavily takes no more searches for now. Run it again later.",
    "plan": "Tavily's plan is used up.",
    "key": "Tavily does not take the key.",
    "unavailable": "Tavily does not answer. See: finq logs tavily",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(monitor)


@command
def monitor() -> None:
    """Look up saved and soon-closing policies on the web and record what seems to have changed."""
    from rich.table import Table  # noqa: PLC0415

    from finq_local.stack import functions  # noqa: PLC0415

    layout = running_stack()
    with err.status("looking up …"):
        report = functions.invoke(layout, "finkurn-monitor-policies")
    rejected = report.pop("rejected")
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in [*report.items(), *((f"not recorded: {reason}", count) for reason, count in rejected.items())]:
        table.add_row(name, str(value))
    out.print(table)
    if report["ended"] in ("throttled", "plan", "key", "unavailable"):
        fail(_ENDS[report["ended"]])
    if report["ended"] in _ENDS:
        err.print(_ENDS[report["ended"]], markup=False, soft_wrap=True)
