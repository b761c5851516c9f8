"""`finq status` for people."""

from rich.table import Table

from finq_local.cli.terminal import out
from finq_local.stack.report import Report


def show(report: Report) -> None:
    """Print the stack, its components and its functions."""
    if report.phase == "stopped" and report.url:
        out.print(f"Nothing answers at {report.url}. Look at: docker compose ps --all", markup=False, soft_wrap=True)
        return
    if report.phase == "stopped":
        out.print(f"No stack runs in {report.home}. Start it: finq up --detach", markup=False, soft_wrap=True)
        return
    where = f"state and logs: {report.home}" if report.components else "logs: docker compose logs"
    out.print(f"FinQ is {report.phase}: {report.url}   ({where})", markup=False, soft_wrap=True)
    if report.components:
        _show_components(report)
    if report.functions:
        _show_functions(report)


def _show_components(report: Report) -> None:
    out.print(f"Answers come from {report.answered_by}.")
    components = Table("component", "state", "port", "pid", "MB", "restarts", box=None, pad_edge=False)
    for component in report.components:
        condition = "answers" if component.answers else "silent" if component.running else "down"
        components.add_row(
            component.name,
            f"[{'green' if component.answers else 'red'}]{condition}[/]",
            str(component.port),
            str(component.pid or ""),
            str(component.memory_mb or ""),
            str(component.restarts or ""),
        )
    out.print(components)


def _show_functions(report: Report) -> None:
    functions = Table(
        "function", "state", "processes", "calls", "start ms", "peak MB of", "limit", box=None, pad_edge=False
    )
    for name, function in report.functions.items():
        workers = function["workers"]
        peaks = [worker["max_memory_mb"] for worker in workers if worker["max_memory_mb"]]
        starts = [worker["init_ms"] for worker in workers if worker["init_ms"]]
        functions.add_row(
            name,
            f"[{_colour(function['state'])}]{function['state']}[/]",
            str(len(workers) or ""),
            str(sum(worker["invocations"] for worker in workers) or ""),
            f"{max(starts):.0f}" if starts else "",
            str(max(peaks)) if peaks else "",
            str(function["memory"]),
        )
    out.print()
    out.print(functions)
    for name, function in report.functions.items():
        if function["state"] == "failed":
            out.print(f"{name}: {function['last_error']}", style="red", markup=False)


def _colour(state: str) -> str:
    return {"ready": "green", "busy": "green", "failed": "red"}.get(state, "dim")
