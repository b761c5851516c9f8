"""`python -m finq_local.gateway`: run until SIGTERM or Ctrl-C."""

import logging
import sys

from finq.settings import SettingsError
from finq_local.functions import FunctionsError
from finq_local.gateway.app import create_app
from finq_local.gateway.contract import ContractError
from finq_local.gateway.server import create_server
from finq_local.gateway.settings import GatewaySettings


def main() -> int:
    """Exit status 0 after a signal, 1 if it cannot start."""
    log_to_stderr()
    try:
        settings = GatewaySettings.from_environment()
        server = create_server(create_app(settings), settings)
    except (SettingsError, FunctionsError, ContractError) as error:
        logging.getLogger(__name__).error("%s", error)
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
