"""`finq verify`: whether PostgreSQL, pgvector and Milvus hold the same policies."""

from typing import Annotated, Any

import typer

from finq_local.cli.terminal import command, err, out, running_stack

Repair = Annotated[bool, typer.Option("--repair", help="Mend what differs, from what is stored.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


@command
def verify(*, repair: Repair = False) -> None:
    """Compare what the stores hold; exit code 1 if they differ.

    --repair embeds only what has no vector, and is refused while policies are being loaded.
    """
    from finq_local.stack import loading  # noqa: PLC0415

    layout = running_stack()
    with err.status("comparing …") as status:
        result = loading.run(
            layout,
            lambda so_far: status.update(f"repairing: {loading.describe(so_far)}"),
            {"action": "verify", "repair": repair},
        )
    show(result)
    if not result["consistent"]:
        if not repair:
            err.print("To mend it: finq verify --repair", style="dim")
        raise typer.Exit(1)


def show(result: dict[str, Any]) -> None:
    """Print a `Verification`."""
    from rich.table import Table  # noqa: PLC0415

    generation = result["generation"]
    entries = result["entries"]
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("policies", str(result["policies"]))
    table.add_row("pgvector", f"{result['vectors']} vectors")
    table.add_row("Milvus", "not compared" if entries is None else f"{entries} entries")
    table.add_row("searches read", generation["model_id"] if generation else "nothing: no policies are loaded")
    table.add_row("seconds", str(result["seconds"]))
    out.print(table)
    if result["consistent"]:
        out.print("consistent", style="bold green")
        return
    for kind, finding in sorted(result["findings"].items()):
        more = " …" if finding["count"] > len(finding["samples"]) else ""
        line = f"{kind}: {finding['count']} ({', '.join(finding['samples'])}{more})"
        out.print(line, style="red", markup=False, soft_wrap=True)
