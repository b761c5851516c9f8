"""`finq`: the local stack, the policies in it, and a conversation with it.

Commands import what they need when they run, so that `finq --help` stays quick.
"""

import typer

from finq_local.cli import chat, collect, doctor, eval, load, monitor, search, session, stack, verify

app = typer.Typer(
    name="finq",
    help="FinQ on this machine: start it, load policies, ask it something.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (stack, load, verify, collect, monitor, chat, search, eval, session, doctor):
    group.register(app)
