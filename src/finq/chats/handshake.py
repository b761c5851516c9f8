"""How a client hands over its token on `$connect`.

Browsers can set no header but the subprotocol, so the client offers `finq.v1` and `bearer.<token>`, and the server
accepts `finq.v1` alone, which keeps the token out of the answer. Others may use `?token=`.
"""

from dataclasses import dataclass
from typing import Any

from finq.errors import Unauthorized

PROTOCOL = "finq.v1"
_BEARER = "bearer."
_HEADER = "Sec-WebSocket-Protocol"


@dataclass(frozen=True)
class Credentials:
    """An unverified token, and the headers that accept the subprotocol if one was offered."""

    token: str
    response_headers: dict[str, str]


def credentials(event: dict[str, Any]) -> Credentials:
    """The token in a `$connect` event.

    Raises:
        Unauthorized: there is none, or a subprotocol was offered without `finq.v1`.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    offered = [item.strip() for item in headers.get(_HEADER.lower(), "").split(",") if item.strip()]
    if offered and PROTOCOL not in offered:
        # A browser closes a connection whose subprotocols are all ignored, so say no plainly.
        raise Unauthorized
    tokens = [item.removeprefix(_BEARER) for item in offered if item.startswith(_BEARER)]
    token = tokens[0] if tokens else (event.get("queryStringParameters") or {}).get("token", "")
    if not token:
        raise Unauthorized
    return Credentials(token, {_HEADER: PROTOCOL} if offered else {})
