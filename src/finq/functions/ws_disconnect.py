"""finkurn-ws-disconnect: forgets a closed connection."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from finq.chats import connections
from finq.database import database
from finq.observability import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """$disconnect. API Gateway does not promise to call it; a push that finds the client gone forgets it too."""
    with database.transaction() as connection:
        connections.remove(connection, event["requestContext"]["connectionId"])
    return {"statusCode": 200}
