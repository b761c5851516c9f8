"""Who the command line is: `finq login`, `signup`, `logout`, or a demo user made when one is needed.

The session is kept in the stack's folder, readable by its owner alone.
"""

import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from finq_local.cli.terminal import command, notice, out, running_stack
from finq_local.stack.emulator import CONFIRMATION_CODE
from finq_local.stack.layout import Layout

EARLY_SECONDS = 60  # a token that ends this soon is renewed first

Email = Annotated[str, typer.Argument(help="E-mail address; nothing is sent to it.")]
Password = Annotated[str, typer.Option("--password", prompt=True, hide_input=True, envvar="FINQ_PASSWORD")]


@dataclass(frozen=True)
class Session:
    """Tokens of a user of one pool.

    Attributes:
        expires_at: of `id_token`, seconds since the epoch.
        pool_id: the user pool they belong to; a new one knows none of its predecessor's users.
        demo_password: of a user made here; None for one who logged in.
    """

    email: str
    pool_id: str
    id_token: str
    access_token: str
    refresh_token: str
    expires_at: float
    demo_password: str | None = None

    @property
    def fresh(self) -> bool:
        """Whether the token can still be used."""
        return time.time() + EARLY_SECONDS < self.expires_at


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(login)
    app.command()(signup)
    app.command()(logout)


@command
def login(email: Email, password: Password) -> None:
    """Log in; later commands act as this user."""
    layout = running_stack()
    _save(layout, _log_in(layout, email, password))
    out.print(f"Logged in as {email}.", markup=False)


@command
def signup(email: Email, password: Password) -> None:
    """Sign up, confirm with the emulator's code, and log in."""
    layout = running_stack()
    _sign_up(layout, email, password)
    _save(layout, _log_in(layout, email, password))
    out.print(f"Signed up and logged in as {email}.", markup=False)


@command
def logout() -> None:
    """Revoke the session and forget it."""
    from finq_local.cli.api import Api, ApiError  # noqa: PLC0415

    layout = running_stack()
    found = _load(layout)
    if found is None:
        out.print("Nobody is logged in.")
        return
    try:
        Api(layout).call("POST", "/api/auth/logout", token=found.id_token, json={"refresh_token": found.refresh_token})
    except ApiError as error:
        if error.status != 401:  # it ended by itself
            raise
    _path(layout).unlink()
    out.print(f"Logged out {found.email}.", markup=False)


def current(layout: Layout) -> Session:
    """A session that works now: the stored one, renewed if need be, or a new demo user's.

    Raises:
        StackError: the API does not answer, or somebody who logged in has to do so again.
    """
    from finq_local.cli.api import ApiError  # noqa: PLC0415

    found = _load(layout)
    if found and found.fresh and _known(layout, found):
        return found
    if found:
        try:
            return _save(layout, _renew(layout, found))
        except ApiError as error:
            if error.status not in (400, 401):
                raise
            if not found.demo_password:
                raise ApiError(
                    error.status, error.code, f"The session of {found.email} has ended: finq login"
                ) from None
    return _save(layout, _demo_user(layout))


def _known(layout: Layout, session: Session) -> bool:
    """Whether the stack takes the session. One of ours tells its pool's id; another one has to be asked."""
    from finq_local.cli.api import Api, ApiError  # noqa: PLC0415

    if not layout.foreign:
        return True
    try:
        Api(layout).call("GET", "/api/me", token=session.id_token)
    except ApiError as error:
        if error.status != 401:
            raise
        return False
    return True


def _demo_user(layout: Layout) -> Session:
    email = f"demo-{secrets.token_hex(4)}@example.com"
    password = f"{secrets.token_urlsafe(12)}aA1!"
    notice(f"No login: signing up the demo user {email} (finq login for another).")
    _sign_up(layout, email, password)
    session = _log_in(layout, email, password)
    return Session(**{**asdict(session), "demo_password": password})


def _sign_up(layout: Layout, email: str, password: str) -> None:
    from finq_local.cli.api import Api  # noqa: PLC0415

    api = Api(layout)
    api.call("POST", "/api/auth/signup", json={"email": email, "password": password})
    api.call("POST", "/api/auth/confirm", json={"email": email, "code": CONFIRMATION_CODE})


def _log_in(layout: Layout, email: str, password: str) -> Session:
    from finq_local.cli.api import Api  # noqa: PLC0415

    tokens = Api(layout).call("POST", "/api/auth/login", json={"email": email, "password": password})
    return _session(layout, email, tokens)


def _renew(layout: Layout, old: Session) -> Session:
    from finq_local.cli.api import Api, ApiError  # noqa: PLC0415

    notice(f"Renewing the session of {old.email}.")
    try:
        tokens = Api(layout).call("POST", "/api/auth/refresh", json={"refresh_token": old.refresh_token})
        renewed = _session(layout, old.email, tokens)
    except ApiError:
        if not old.demo_password:
            raise
        renewed = _log_in(layout, old.email, old.demo_password)
    return Session(**{**asdict(renewed), "demo_password": old.demo_password})


def _session(layout: Layout, email: str, tokens: dict[str, object]) -> Session:
    return Session(
        email=email,
        pool_id=_pool_id(layout),
        id_token=str(tokens["id_token"]),
        access_token=str(tokens["access_token"]),
        refresh_token=str(tokens["refresh_token"]),
        expires_at=time.time() + float(str(tokens["expires_in"])),
    )


def _path(layout: Layout) -> Path:
    if not layout.foreign:
        return layout.home / "session.json"
    place = "".join(letter if letter.isalnum() else "-" for letter in layout.foreign)
    return layout.home / f"session-{place}.json"


def _save(layout: Layout, session: Session) -> Session:
    layout.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = _path(layout).with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(session), file)
    partial.replace(_path(layout))
    return session


def _load(layout: Layout) -> Session | None:
    try:
        found = Session(**json.loads(_path(layout).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.pool_id == _pool_id(layout) else None


def _pool_id(layout: Layout) -> str:
    from finq_local.stack import state  # noqa: PLC0415

    if layout.foreign:
        return layout.foreign
    found = state.load(layout.home)
    return found.pool.pool_id if found and found.pool else ""
