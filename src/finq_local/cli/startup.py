"""`finq up`: a supervisor in this terminal or left behind, its progress, and the panel at the end."""

from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from finq_local.cli.terminal import INTERRUPTED, err, fail, out
from finq_local.stack import background, state
from finq_local.stack.layout import Layout
from finq_local.stack.service import StackError
from finq_local.stack.supervisor import Event, Supervisor

MARKS = {"ready": "[green]✓[/]", "restarted": "[yellow]↻[/]", "failed": "[red]✗[/]"}


class Progress:
    """Shows events: live on a terminal, one line a finished step elsewhere."""

    def __init__(self) -> None:
        self._events: dict[str, Event] = {}
        self._spinner = Spinner("dots")
        self._live = Live(console=err, get_renderable=self._render, refresh_per_second=12, transient=True)

    def __enter__(self) -> "Progress":
        if err.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        """Take in one event."""
        if event.subject == "stack":
            return
        self._events[event.subject] = event
        if event.outcome in MARKS:
            line = Text.from_markup(f"{MARKS[event.outcome]} {event.title}  [dim]{event.seconds:.1f} s[/]  ")
            line.append(event.detail, style="red" if event.outcome == "failed" else "dim")
            err.print(line, soft_wrap=True)

    def _render(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for event in self._events.values():
            if event.outcome not in MARKS:
                table.add_row(self._spinner, event.title, f"[dim]{event.detail}[/]")
        return table


def foreground(layout: Layout, *, with_sample: bool) -> None:
    """Run the stack until Ctrl-C.

    Raises:
        StackError: it did not come up.
    """
    if _already_running(layout):
        return
    progress = Progress()
    with Supervisor(layout, progress.show, with_sample=with_sample) as supervisor:
        supervisor.handle_signals()
        try:
            with progress:
                supervisor.start()
            ready_panel(layout, "Ctrl-C stops it.")
            supervisor.watch()
        except KeyboardInterrupt:
            err.print("Stopping …", style="dim")


def detached(layout: Layout, *, with_sample: bool) -> None:
    """Start the stack in the background and return when it is ready.

    Raises:
        StackError: it did not come up.
    """
    if _already_running(layout):
        return
    try:
        with Progress() as progress:
            background.start(layout, progress.show, with_sample=with_sample)
    except KeyboardInterrupt:
        fail("Stopped before the stack was ready.", INTERRUPTED)
    ready_panel(layout, "Stop it: finq down")


def ready_panel(layout: Layout, ending: str) -> None:
    """What is there and what to try."""
    found = state.load(layout.home)
    if found is None:
        return
    port = layout.port
    lines = [
        f"REST       {layout.url}/api   (contract: api/openapi.yaml)",
        f"WebSocket  {layout.url.replace('http', 'ws', 1)}/ws",
        f"AWS        http://127.0.0.1:{port('aws')}   PostgreSQL {port('postgres')}   Milvus {port('milvus')}",
        f"Answers    {found.answered_by}",
        f"Logs       {layout.logs}",
        "",
        'finq chat "25살인데 청년 적금 추천해줘" --age 25 --region 서울',
        "finq chat                      a conversation; Ctrl-C stops an answer",
        'finq search "월세" --region 부산  policies by REST',
        "finq status | finq logs finkurn-chatbot --follow | finq doctor",
        "",
        ending,
    ]
    out.print(Panel("\n".join(lines), title="FinQ is ready", title_align="left", border_style="green", expand=False))


def _already_running(layout: Layout) -> bool:
    found = state.running(layout.home)
    if found is None:
        return False
    if found.phase != "ready":
        raise StackError(f"The stack is {found.phase}: see `finq status`, or stop it with `finq down`.")
    err.print("It runs already.", style="dim")
    ready_panel(found.layout(layout.home), "Stop it: finq down")
    return True
