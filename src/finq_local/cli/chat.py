"""`finq chat`: one question, or a conversation."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from finq_local.cli.terminal import INTERRUPTED, command, err, notice, running_stack
from finq_local.stack.layout import Layout
from finq_local.stack.service import StackError

if TYPE_CHECKING:
    from finq_local.cli.answers import Outcome
    from finq_local.cli.chat_view import View

Text = Annotated[str | None, typer.Argument(help="A question; without it, a conversation until Ctrl-D.")]
Age = Annotated[int | None, typer.Option(min=0, max=120, help="Your age, kept in your profile.")]
Region = Annotated[str | None, typer.Option(help='Where you live, kept in your profile: "서울", "부산 남구".')]
Employment = Annotated[str | None, typer.Option(help='Kept in your profile: unemployed, employed, "미취업자" …')]
Json = Annotated[bool, typer.Option("--json", help="The frames as they came, one a line.")]
ChatId = Annotated[str | None, typer.Option("--chat", metavar="ID", help="Go on with this chat.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(chat)


@command
def chat(
    text: Text = None,
    *,
    age: Age = None,
    region: Region = None,
    employment: Employment = None,
    as_json: Json = False,
    chat_id: ChatId = None,
) -> None:
    """Ask FinQ. Exit status 0 only when the answer was completed; Ctrl-C stops the answer."""
    from finq_local.cli.chat_view import FrameView, TerminalView  # noqa: PLC0415

    layout = running_stack()
    _keep_profile(layout, {"age": age, "region": region, "employment": employment})
    view: View = FrameView() if as_json else TerminalView()
    if text is not None:
        outcome = _ask(layout, text, chat_id, view)
        if not outcome.complete:
            raise typer.Exit(INTERRUPTED if outcome.stopped else 1)
        if outcome.chat_id and not as_json:
            notice(f"finq chat --chat {outcome.chat_id} goes on with it.")
        return
    _converse(layout, chat_id, view)


def _converse(layout: Layout, chat_id: str | None, view: "View") -> None:
    if err.is_terminal:
        notice("Ctrl-C stops an answer, Ctrl-D ends the conversation.")
    while True:
        try:
            text = err.input("[bold cyan]나>[/] ").strip()
        except (EOFError, KeyboardInterrupt):
            err.print()
            return
        if not text:
            continue
        try:
            chat_id = _ask(layout, text, chat_id, view).chat_id or chat_id
        except StackError as error:
            err.print(f"finq: {error}", style="red", markup=False)


def _ask(layout: Layout, text: str, chat_id: str | None, view: "View") -> "Outcome":
    from finq_local.cli import session  # noqa: PLC0415
    from finq_local.cli.answers import ask  # noqa: PLC0415

    return asyncio.run(ask(layout.url, lambda: session.current(layout).id_token, text, chat_id, view))


def _keep_profile(layout: Layout, given: dict[str, object]) -> None:
    from finq_local.cli import session  # noqa: PLC0415
    from finq_local.cli.api import Api  # noqa: PLC0415

    change = {name: value for name, value in given.items() if value is not None}
    if change:
        Api(layout).call("PATCH", "/api/me", token=session.current(layout).id_token, json=change)
