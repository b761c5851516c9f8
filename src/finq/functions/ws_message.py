"""finkurn-ws-message: client frames ($default), and Lambda's records of crashed chatbots."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from finq.chats.invoke import chatbot
from finq.chats.push import pusher
from finq.chats.websocket import FailureRecord, Socket
from finq.database import database
from finq.observability import logger

socket = Socket(database, pusher(), chatbot())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One frame, or one failure record."""
    if "requestPayload" in event:
        socket.fail(FailureRecord.model_validate(event))
    else:
        socket.receive(event["requestContext"]["connectionId"], event.get("body") or "")
    return {"statusCode": 200}
