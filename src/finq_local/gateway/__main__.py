"""`python -m finq_local.gateway`: run until SIGTERM or Ctrl-C."""

import logging
import sys

from finq.settings import SettingsError
from finq_local.functions import FunctionsError, load_functions
from finq_local.gateway.runtime_ports import open_ports
from finq_local.gateway.settings import GatewaySettings


def main() -> int:
    """Exit status 0 after a signal, 1 if it cannot start."""
    log_to_stderr()
    logger = logging.getLogger(__name__)
    try:
        settings = GatewaySettings.from_environment()
        ports = open_ports(load_functions(settings.functions), settings)
    except (SettingsError, FunctionsError, OSError) as error:
        logger.error("%s", error)
        return 1
    # The most of a start is these, and workers come back faster than that when a gateway is restarted.
    from finq_local.gateway.app import create_app  # noqa: PLC0415
    from finq_local.gateway.contract import ContractError  # noqa: PLC0415
    from finq_local.gateway.server import create_server  # noqa: PLC0415

    try:
        server = create_server(create_app(settings, ports=ports), settings)
    except (SettingsError, FunctionsError, ContractError) as error:
        logger.error("%s", error)
        return 1
    server.run()
    return 0 if server.started else 1


def log_to_stderr() -> None:
    """Everything of ours from INFO, of the libraries from WARNING."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # A handler of our own: on the root's, Powertools (which verifies tokens here) silences names that contain
    # its service's, "finq".
    ours = logging.getLogger("finq_local")
    ours.setLevel(logging.INFO)
    ours.propagate = False
    own_handler = logging.StreamHandler()
    own_handler.setFormatter(handler.formatter)
    ours.addHandler(own_handler)


if __name__ == "__main__":
    sys.exit(main())
