"""Hands an answer over to the chatbot function."""

from functools import cache
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from pydantic import BaseModel

from finq import aws
from finq.errors import ServiceUnavailable
from finq.observability import logger
from finq.settings import ChatbotSettings, load

# API Gateway gives up after 29 s; what is left is for asking before and looking up after.
WAIT_SECONDS = 26


class Run(BaseModel):
    """The chatbot's event: which answer to write, and which run of it this is.

    `request_id` and `connection_id` say whom to tell if the database, which knows better, cannot be asked.
    """

    answer_id: UUID
    attempt: int
    request_id: str | None = None
    connection_id: str | None = None


class Chatbot:
    """Args:
    events: boto3's `lambda`, for asynchronous invocation.
    waiting: boto3's `lambda` that waits `WAIT_SECONDS` for an answer and never invokes twice.
    """

    def __init__(self, function_name: str, events: Any, waiting: Any) -> None:
        self._function_name = function_name
        self._events = events
        self._waiting = waiting

    def start(self, run: Run) -> None:
        """Have the answer written, pushed to the client's connection and stored.

        Raises:
            ServiceUnavailable: the event was not accepted.
        """
        try:
            self._invoke(self._events, "Event", run)
        except (ClientError, BotoCoreError) as error:
            raise _refused(error, run) from error

    def run(self, run: Run) -> bool:
        """Have the answer written and stored; False when that takes longer than `WAIT_SECONDS` and goes on.

        Raises:
            ServiceUnavailable: the chatbot could not be invoked, or crashed.
        """
        try:
            response = self._invoke(self._waiting, "RequestResponse", run)
        except ReadTimeoutError:
            return False
        except (ClientError, BotoCoreError) as error:
            raise _refused(error, run) from error
        if "FunctionError" in response:
            logger.error("chatbot crashed", answer_id=str(run.answer_id))
            raise ServiceUnavailable
        return True

    def _invoke(self, client: Any, kind: str, run: Run) -> dict[str, Any]:
        payload = run.model_dump_json().encode()
        response: dict[str, Any] = client.invoke(FunctionName=self._function_name, InvocationType=kind, Payload=payload)
        return response


def _refused(error: Exception, run: Run) -> ServiceUnavailable:
    logger.error("chatbot cannot be invoked", error=type(error).__name__, answer_id=str(run.answer_id))
    return ServiceUnavailable()


@cache
def chatbot() -> Chatbot:
    """The chatbot function of this deployment."""
    return Chatbot(
        load(ChatbotSettings).function_name,
        events=aws.client("lambda"),
        waiting=aws.client("lambda", read_timeout=WAIT_SECONDS, attempts=1),
    )
