"""finkurn-monitor-policies: looks up saved and soon-closing policies on the web and records what seems to change."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from finq import clock
from finq.database import database
from finq.observability import logger
from finq.policies.monitor.monitor import PolicyMonitor
from finq.settings import MonitorSettings, WebSearchSettings, load
from finq.tavily import Tavily

_LAST_SECONDS = 45  # for a search that is under way and its retries


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A run's report (`MonitorReport`), whatever the event says; also when Tavily failed.

    Raises:
        Conflict: another run is going on.
        ServiceUnavailable: PostgreSQL cannot be reached.
    """
    monitor = PolicyMonitor(database, Tavily(load(WebSearchSettings)), load(MonitorSettings).searches)
    seconds = context.get_remaining_time_in_millis() / 1000 - _LAST_SECONDS
    return monitor.run(clock.today(), seconds).as_json()
