"""finkurn-ws-connect: verifies the ID token of a new WebSocket and records the connection."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from finq.accounts.profiles import user_transaction
from finq.accounts.tokens import verifier
from finq.chats import connections
from finq.chats.handshake import credentials
from finq.database import database
from finq.errors import FinqError
from finq.observability import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """$connect: any status but 2xx refuses the connection."""
    try:
        offered = credentials(event)
        claims = verifier().verify(offered.token)
        with user_transaction(database, claims) as connection:
            connections.add(connection, event["requestContext"]["connectionId"], claims.sub)
    except FinqError as error:
        logger.info("connection refused", error_code=error.code)
        return {"statusCode": error.status}
    return {"statusCode": 200, "headers": offered.response_headers}
