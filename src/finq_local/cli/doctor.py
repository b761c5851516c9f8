"""`finq doctor`: everything the stack needs, what it found, what to do."""

import typer

from finq_local.cli.terminal import command, out


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


@command
def doctor() -> None:
    """Check what the stack needs and how it fares; exit status 1 when something must be done."""
    from finq_local.cli.checks import all_checks  # noqa: PLC0415
    from finq_local.stack.layout import Layout  # noqa: PLC0415

    marks = {"ok": "[green]✓[/]", "note": "[yellow]·[/]", "bad": "[red]✗[/]"}
    bad = 0
    for check in all_checks(Layout.from_environment()):
        out.print(f"{marks[check.outcome]} {check.subject:<20} ", end="")
        out.print(check.found, markup=False, soft_wrap=True)
        if check.remedy:
            out.print(f"  {'':<20} → {check.remedy}", markup=False, soft_wrap=True)
        bad += check.outcome == "bad"
    if bad:
        raise typer.Exit(1)
