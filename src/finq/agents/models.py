"""The three chat models on Bedrock: what each may be asked, what it costs, and how its failures reach users."""

import re
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any, Literal, NoReturn, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError
from langchain_aws.chat_models.bedrock_converse import ChatBedrockConverse
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable, RunnableSequence
from pydantic import BaseModel
from urllib3.exceptions import HTTPError

from finq import aws
from finq.agents.run import Ledger
from finq.errors import FinqError, ModelUnavailable, ServiceUnavailable, TooLarge, TooManyRequests
from finq.observability import logger
from finq.settings import ModelSettings, SettingsError

Schema = TypeVar("Schema", bound=BaseModel)
Method = Literal["function_calling", "json_schema"]

_CLAUDE = re.compile(r"claude-(?P<family>[a-z]+)-(?P<major>\d+)(?:-(?P<minor>\d{1,2})(?!\d))?")
_THROTTLED = {"throttlingexception", "toomanyrequestsexception", "servicequotaexceededexception"}
_DENIED = {"accessdeniedexception", "resourcenotfoundexception"}
_BUSY = {
    "serviceunavailableexception",
    "internalserverexception",
    "modelnotreadyexception",
    "modeltimeoutexception",
    "modelerrorexception",
    "modelstreamerrorexception",
}
# How Bedrock words a model id that it does not know, no longer serves, or serves through a profile only.
_BAD_MODEL_ID = re.compile(r"model identifier|on-demand throughput|inference profile|end of its life", re.IGNORECASE)
_TOO_LONG = re.compile(r"too long|too many (input )?tokens|context (window|length)", re.IGNORECASE)

# A short question to the router answers in seconds; between two events of an answer more may pass.
_ROUTER_TIMEOUT = 15
_ANSWER_TIMEOUT = 60


def _claude_version(model_id: str) -> tuple[str, tuple[int, int]]:
    match = _CLAUDE.search(model_id)
    if match is None:
        return "", (0, 0)
    return match["family"], (int(match["major"]), int(match["minor"] or 0))


def accepts_temperature(model_id: str) -> bool:
    """Whether a request with `temperature` is not rejected: Claude 5 and Opus 4.7 dropped it."""
    family, version = _claude_version(model_id)
    return version < ((4, 7) if family == "opus" else (5, 0))


def structured_method(model_id: str) -> Method:
    """How to get JSON of a given shape: a forced tool, or a schema for those that refuse one (Claude 5.1/5.5)."""
    family, version = _claude_version(model_id)
    return "json_schema" if version >= ((5, 1) if family == "fable" else (5, 5)) else "function_calling"


class Model:
    """One model with its temperature; every call is entered in the caller's ledger."""

    def __init__(
        self, model_id: str, *, setting: str, temperature: float, max_tokens: int, read_timeout: float
    ) -> None:
        """No network call happens here; `setting` is the variable to name when the model cannot be used."""
        if model_id.startswith("arn:"):
            raise SettingsError(f"{setting}: give a model or inference profile id, not an ARN")
        self.model_id = model_id
        self._setting = setting
        client = aws.client("bedrock-runtime", read_timeout=read_timeout)
        self._chat = ChatBedrockConverse(
            model_id=model_id,
            client=client,
            bedrock_client=client,  # the control plane is never asked; this spares building a client for it
            temperature=temperature if accepts_temperature(model_id) else None,
            max_tokens=max_tokens,
            disable_streaming=False,  # it is turned off for models that the library does not know yet
        )
        self._by_schema: dict[type[BaseModel], tuple[Runnable[Any, AIMessage], Runnable[AIMessage, Any]]] = {}

    def ask(self, schema: type[Schema], messages: Sequence[BaseMessage], ledger: Ledger) -> Schema | None:
        """The model's answer as `schema`; None when what it said does not fit.

        Raises:
            ModelUnavailable, TooManyRequests, ServiceUnavailable, TooLarge: see `_fail`.
        """
        ledger.model_calls += 1
        model, parser = self._structured(schema)
        try:
            message = model.invoke(list(messages))
        except (ClientError, BotoCoreError, HTTPError, ConnectionError) as error:
            self._fail(error)
        ledger.record(message)
        try:
            parsed = parser.invoke(message)
        except ValueError:  # pydantic's and the parser's own errors are such
            return None
        return parsed if isinstance(parsed, schema) else None

    def _structured(self, schema: type[BaseModel]) -> tuple[Runnable[Any, AIMessage], Runnable[AIMessage, Any]]:
        """Model and parser for `schema`, made once: describing a schema takes longer than the rest of a call."""
        if schema not in self._by_schema:
            method = structured_method(self.model_id)
            chain = cast("RunnableSequence[Any, Any]", self._chat.with_structured_output(schema, method=method))
            self._by_schema[schema] = (chain.first, chain.last)
        return self._by_schema[schema]

    def stream(self, messages: Sequence[BaseMessage], ledger: Ledger) -> Generator[str, None, None]:
        """The answer's pieces as they come. Closing the iterator closes the HTTP stream, which ends the generation.

        Raises:
            ModelUnavailable, TooManyRequests, ServiceUnavailable, TooLarge: see `_fail`.
        """
        ledger.model_calls += 1
        ledger.answered_by = self.model_id
        with closing(self._chat.stream(list(messages))) as chunks:  # type: ignore[type-var]
            while True:
                try:
                    chunk = next(chunks)
                except StopIteration:
                    return
                except (ClientError, BotoCoreError, HTTPError, ConnectionError) as error:
                    self._fail(error)
                ledger.record(chunk)
                # A prompt router, and the local stand-in, name the model that really answered.
                router = chunk.response_metadata.get("trace", {}).get("promptRouter", {})
                ledger.answered_by = router.get("invokedModelId") or ledger.answered_by
                if text := str(chunk.text):
                    yield text

    def _fail(self, error: Exception) -> NoReturn:
        """Raise what the user is to hear; the log says which setting it was about."""
        problem = error.response.get("Error", {}) if isinstance(error, ClientError) else {}
        code, text = str(problem.get("Code", "")).lower(), str(problem.get("Message", ""))
        logger.error(
            "model call failed",
            extra={"setting": self._setting, "model_id": self.model_id, "code": code or type(error).__name__},
        )
        if code in _THROTTLED:
            raise TooManyRequests from error
        if code in _DENIED or (code == "validationexception" and _BAD_MODEL_ID.search(text)):
            reason = f"{self._setting}: Bedrock refuses the model {self.model_id} ({text[:200]})"
            logger.critical(reason)
            raise ModelUnavailable(reason) from error
        if code == "validationexception" and _TOO_LONG.search(text):
            raise TooLarge from error
        if code in _BUSY or not code:
            raise ServiceUnavailable from error
        raise FinqError from error


def supervisor_model(settings: ModelSettings) -> Model:
    """Decides what a message is about."""
    return Model(
        settings.router_model_id,
        setting="FINQ_ROUTER_MODEL_ID",
        temperature=settings.supervisor_temperature,
        max_tokens=settings.supervisor_max_tokens,
        read_timeout=_ROUTER_TIMEOUT,
    )


def search_model(settings: ModelSettings) -> Model:
    """Turns a message into a query."""
    return Model(
        settings.router_model_id,
        setting="FINQ_ROUTER_MODEL_ID",
        temperature=settings.search_temperature,
        max_tokens=settings.search_max_tokens,
        read_timeout=_ROUTER_TIMEOUT,
    )


def answer_model(settings: ModelSettings) -> Model:
    """Writes the answer."""
    return Model(
        settings.answer_model_id,
        setting="FINQ_ANSWER_MODEL_ID",
        temperature=settings.answer_temperature,
        max_tokens=settings.answer_max_tokens,
        read_timeout=_ANSWER_TIMEOUT,
    )
