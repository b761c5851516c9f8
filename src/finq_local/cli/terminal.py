"""Where things are printed: results on stdout, everything said about them on stderr."""

from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec

import typer
from rich.console import Console

from finq_local.stack.layout import Layout
from finq_local.stack.service import StackError

Parameters = ParamSpec("Parameters")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
INTERRUPTED = 130


def notice(text: str) -> None:
    """Say something beside the result."""
    err.print(text, style="dim", markup=False, soft_wrap=True)


def fail(message: str, status: int = 1) -> NoReturn:
    """End the command with one message."""
    err.print(f"finq: {message}", style="red", markup=False, soft_wrap=True)
    raise typer.Exit(status)


def command(function: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """A command whose foreseeable failures are messages, never tracebacks."""

    @wraps(function)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except StackError as error:
            fail(str(error))
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:  # `finq logs | head`
            raise typer.Exit(0) from None

    return guarded


def own_stack() -> Layout:
    """The stack of FINQ_HOME and FINQ_PORT, whether it runs or not.

    Raises:
        StackError: FINQ_URL names one that something else runs.
    """
    layout = Layout.from_environment()
    if layout.foreign:
        raise StackError(f"Something else runs the stack at {layout.foreign} (FINQ_URL): use `docker compose`.")
    return layout


def running_stack() -> Layout:
    """The stack to talk to.

    Raises:
        StackError: none runs in this FINQ_HOME, or it is not ready.
    """
    from finq_local.stack import state  # noqa: PLC0415 -- keeps `finq --help` quick

    layout = Layout.from_environment()
    if layout.foreign:
        return layout
    home = layout.home
    found = state.running(home)
    if found is None:
        raise StackError(f"No stack runs in {home}. Start it: finq up --detach")
    if found.phase != "ready":
        raise StackError(f"The stack is {found.phase}. Wait for it: finq status")
    return found.layout(home)
