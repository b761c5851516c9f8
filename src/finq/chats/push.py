"""Sends frames to open WebSockets through API Gateway's `@connections`."""

from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from finq import aws
from finq.chats.frames import ServerFrame
from finq.observability import logger
from finq.settings import WebSocketSettings, load

GONE = 410


class ConnectionGone(Exception):
    """The client has left."""


class PushFailed(Exception):
    """The frame may not have arrived; the connection may still be there."""


class Pusher:
    """Args:
    client: boto3's `apigatewaymanagementapi`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def push(self, connection_id: str, frame: ServerFrame) -> None:
        """Send one frame.

        Raises:
            ConnectionGone, PushFailed
        """
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=frame.encoded())
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == GONE:
                raise ConnectionGone from error
            logger.warning("push failed", frame=type(frame).__name__, error=error.response["Error"]["Code"])
            raise PushFailed from error
        except BotoCoreError as error:
            logger.warning("push failed", frame=type(frame).__name__, error=type(error).__name__)
            raise PushFailed from error


@cache
def pusher() -> Pusher:
    """The pusher of this function's WebSocket stage."""
    endpoint = load(WebSocketSettings).endpoint
    # A push that hangs holds up the frames behind it; what it carried is sent again by a resume.
    return Pusher(aws.client("apigatewaymanagementapi", endpoint_url=endpoint, read_timeout=5, attempts=2))
