"""The ports of the Runtime API for workers that something else starts."""

import socket

from finq_local.functions import Functions
from finq_local.gateway.settings import GatewaySettings

_BACKLOG = 100


def open_ports(functions: Functions, settings: GatewaySettings) -> dict[str, socket.socket]:
    """A listening socket for each function by name, none if there is no `runtime_port_base`.

    The kernel accepts workers from now on, so one that comes before the gateway has started waits instead of failing.

    Raises:
        OSError: a port is taken.
    """
    if settings.runtime_port_base is None:
        return {}
    ports = enumerate(functions.functions, settings.runtime_port_base)
    return {name: socket.create_server((settings.runtime_host, port), backlog=_BACKLOG) for port, name in ports}
