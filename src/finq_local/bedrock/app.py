"""The HTTP side: routes, errors, streams."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from finq_local.bedrock import eventstream
from finq_local.bedrock.answerer import Answerer, Finish, Piece
from finq_local.bedrock.conversation import read_conversation
from finq_local.bedrock.embeddings.port import Embedder
from finq_local.bedrock.embeddings.titan import read_titan, titan_answer
from finq_local.bedrock.errors import MESSAGES, STATUS, STREAM_ERRORS, ServiceError
from finq_local.bedrock.messages import converse_response, metadata_event, stream_events
from finq_local.bedrock.models import converse_model, require_titan
from finq_local.standins.admin import admin_routes
from finq_local.standins.registry import Fault, Registry
from finq_local.standins.serving import log

# operation -> errors that can be injected; those of STREAM_ERRORS come as events inside the stream
FAULTS = {
    "converse": frozenset(STATUS),
    "converse-stream": frozenset(STATUS) | STREAM_ERRORS,
    "invoke": frozenset(STATUS),
}

Handler = Callable[[str, Mapping[str, Any], Fault | None], Awaitable[Response]]


def create_app(answerer: Answerer, embedder: Embedder, registry: Registry) -> Starlette:
    """The Bedrock Runtime stand-in as an ASGI application."""
    service = _Service(answerer, embedder, registry)
    handlers: dict[str, Handler] = {
        "converse": service.converse,
        "converse-stream": service.converse_stream,
        "invoke": service.invoke,
    }
    routes = [
        Route(f"/model/{{model_id:path}}/{operation}", service.endpoint(operation, handler), methods=["POST"])
        for operation, handler in handlers.items()
    ]
    return Starlette(routes=routes + admin_routes(registry))


class _Service:
    def __init__(self, answerer: Answerer, embedder: Embedder, registry: Registry) -> None:
        self._answerer = answerer
        self._embedder = embedder
        self._registry = registry

    def endpoint(self, operation: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Wrap a handler: credentials, JSON, faults, errors in the service's shape, one log line."""

        async def handle(request: Request) -> Response:
            started = time.perf_counter()
            model_id = request.path_params["model_id"]
            response: Response
            try:
                if not request.headers.get("authorization"):
                    raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")
                body = _json_object(await request.body())
                fault = self._registry.called(operation, {"modelId": model_id, "body": body})
                if fault and fault.error in STATUS:
                    raise ServiceError(fault.error, fault.message)
                response = await handler(model_id, body, fault)
            except ServiceError as error:
                self._registry.errors[error.type] += 1
                response = JSONResponse(
                    {"message": error.message}, status_code=error.status, headers={"x-amzn-ErrorType": error.type}
                )
            response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
            log(
                operation,
                model=model_id,
                status=response.status_code,
                error=response.headers.get("x-amzn-ErrorType"),
                ms=_milliseconds(started),
            )
            return response

        return handle

    async def converse(self, model_id: str, body: Mapping[str, Any], _: Fault | None) -> Response:
        started = time.perf_counter()
        conversation = read_conversation(body, converse_model(model_id))
        pieces = [piece async for piece in self._paced(self._answerer.answer(conversation))]
        content = converse_response(pieces, self._answerer.model, _milliseconds(started))
        return JSONResponse(content, headers=self._answered_by())

    async def converse_stream(self, model_id: str, body: Mapping[str, Any], fault: Fault | None) -> Response:
        started = time.perf_counter()
        conversation = read_conversation(body, converse_model(model_id))
        pieces = self._paced(self._answerer.answer(conversation))
        first = await anext(pieces)  # an error before the first piece is an HTTP status, a later one an event
        self._registry.streams["started"] += 1
        return _EventStream(
            self._events(_prepend(first, pieces), fault, started),
            media_type=eventstream.CONTENT_TYPE,
            headers=self._answered_by(),
        )

    async def invoke(self, model_id: str, body: Mapping[str, Any], _: Fault | None) -> Response:
        require_titan(model_id)
        request = read_titan(body)
        await asyncio.sleep(self._registry.delays.embedding_ms / 1000)
        embedding = await self._embedder.embed(request.inputText)
        content = titan_answer(embedding, request.dimensions)
        return JSONResponse(content, headers={"x-amzn-bedrock-input-token-count": str(embedding.tokens)})

    def _answered_by(self) -> dict[str, str]:
        return {"x-finq-answered-by": self._answerer.answered_by}

    async def _paced(self, pieces: AsyncIterator[Piece]) -> AsyncGenerator[Piece]:
        """Pieces, delayed and counted. Each gives way to the event loop, which so hears that a client left."""
        first = True
        try:
            async for piece in pieces:
                if not isinstance(piece, Finish):
                    delays = self._registry.delays
                    await asyncio.sleep((delays.first_token_ms if first else delays.token_ms) / 1000)
                    first = False
                    self._registry.tokens += 1
                yield piece
        finally:
            await _close(pieces)

    async def _events(
        self, pieces: AsyncGenerator[Piece], fault: Fault | None, started: float
    ) -> AsyncGenerator[bytes]:
        """The bytes of a stream. Cancelled when the client has gone, which closes the answerer's work too."""
        outcome, sent, first_at = "aborted", 0, None
        try:
            async for piece, events in stream_events(pieces):
                if fault and sent >= (fault.after_tokens or 0):
                    outcome = "failed"
                    yield eventstream.exception(fault.error, fault.message or MESSAGES[fault.error])
                    return
                first_at = first_at or time.time()
                for name, payload in events:
                    yield eventstream.event(name, payload)
                sent += 1
                if isinstance(piece, Finish):
                    yield eventstream.event(*metadata_event(piece, self._answerer.model, _milliseconds(started)))
            outcome = "completed"
        except ServiceError as error:  # the upstream broke off
            outcome = "failed"
            yield eventstream.exception("modelStreamErrorException", error.message)
        finally:
            self._registry.streams[outcome] += 1
            log(
                "stream",
                outcome=outcome,
                pieces=sent,
                first_at=first_at,  # seconds since the epoch, so that a benchmark can tell what comes after it
                ms=_milliseconds(started),
                **self._answered_by(),
            )
            await _close(pieces)


class _EventStream(StreamingResponse):
    async def stream_response(self, send: Send) -> None:
        """Close the iterator at once when the client leaves, not when the collector finds it."""
        try:
            await super().stream_response(send)
        finally:
            await _close(self.body_iterator)


async def _prepend(first: Piece, rest: AsyncGenerator[Piece]) -> AsyncGenerator[Piece]:
    try:
        yield first
        async for piece in rest:
            yield piece
    finally:
        await _close(rest)


async def _close(iterator: object) -> None:
    """Close an asynchronous generator even while the task is being cancelled."""
    if isinstance(iterator, AsyncGenerator):
        with anyio.CancelScope(shield=True):
            await iterator.aclose()


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ServiceError("ValidationException", "The request body is not a JSON object.")
    return body


def _milliseconds(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
