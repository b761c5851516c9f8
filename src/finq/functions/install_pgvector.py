"""finkurn-install-pgvector: installs the extension and applies the schema migrations. Safe to run again."""

from typing import Any

import psycopg

from finq import migrations
from finq.database import conninfo_from_settings
from finq.errors import ServiceUnavailable
from finq.observability import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"applied": [ids of the migrations applied now]}`; the first of them creates the extension.

    Raises:
        ServiceUnavailable: PostgreSQL cannot be reached.
        psycopg.Error: it refuses a statement, e.g. for want of pgvector; earlier migrations stay applied.
    """
    try:
        applied = migrations.apply(conninfo_from_settings())
    except psycopg.OperationalError as error:
        logger.error("migrations were not applied", error=type(error).__name__, sqlstate=error.sqlstate)
        raise ServiceUnavailable from error
    logger.info("migrations applied", applied=applied)
    return {"applied": applied}
