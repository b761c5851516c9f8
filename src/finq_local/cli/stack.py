"""`finq up`, `down`, `status`, `logs`."""

import json
from typing import Annotated

import typer

from finq_local.cli.terminal import command, out, own_stack, running_stack
from finq_local.stack.layout import Layout
from finq_local.stack.service import StackError

Detach = Annotated[bool, typer.Option("--detach", "-d", help="Leave it running in the background.")]
NoSample = Annotated[bool, typer.Option("--no-sample", help="Do not load the sample policies.")]
Purge = Annotated[bool, typer.Option("--purge", help="Delete its data as well: policies, accounts, chats, logs.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Name = Annotated[str | None, typer.Argument(help="A function (finkurn-chatbot) or component (gateway); default: all.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines arrive.")]
Lines = Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines to show.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(logs)


@command
def up(detach: Detach = False, no_sample: NoSample = False) -> None:
    """Start the stack; Ctrl-C stops it, unless detached."""
    from finq_local.cli import startup  # noqa: PLC0415

    layout = own_stack()
    if detach:
        startup.detached(layout, with_sample=not no_sample)
    else:
        startup.foreground(layout, with_sample=not no_sample)


@command
def down(purge: Purge = False) -> None:
    """Stop the stack; its data stays for the next start."""
    from finq_local.stack import shutdown  # noqa: PLC0415

    layout = own_stack()
    stopped = shutdown.stop(layout.home)
    out.print("Stopped." if stopped else f"No stack runs in {layout.home}.", markup=False, soft_wrap=True)
    if purge:
        shutdown.purge(layout.home)
        out.print(f"Deleted {layout.home}.", markup=False, soft_wrap=True)


@command
def status(as_json: Json = False) -> None:
    """Show every component and function: whether it answers, where, how much memory it takes."""
    from finq_local.cli.status_view import show  # noqa: PLC0415
    from finq_local.stack import report  # noqa: PLC0415

    layout = Layout.from_environment()
    found = report.foreign(layout) if layout.foreign else report.current(layout.home)
    if as_json:
        print(json.dumps(report.as_json(found), ensure_ascii=False))  # noqa: T201
    else:
        show(found)
    if not found.ready:
        raise typer.Exit(1)


@command
def logs(name: Name = None, follow: Follow = False, lines: Lines = 50) -> None:
    """Print log lines of a function or component."""
    from finq_local.cli import log_files  # noqa: PLC0415

    layout = own_stack()
    if follow:
        running_stack()
    files = log_files.find(layout, name)
    if not files:
        known = ", ".join(log_files.names(layout)) or "none yet"
        raise StackError(f"There is no log of {name or 'this stack'}. There are: {known}")
    log_files.show(files, lines=lines, follow=follow)
