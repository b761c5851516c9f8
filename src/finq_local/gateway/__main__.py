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
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = GatewaySettings.from_environment()
        server = create_server(create_app(settings), settings)
    except (SettingsError, FunctionsError, ContractError) as error:
        logging.getLogger(__name__).error("%s", error)
        return 1
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
