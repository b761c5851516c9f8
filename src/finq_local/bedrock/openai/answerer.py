"""Answers by an OpenAI-compatible chat server, streaming."""

import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from finq_local.bedrock.answerer import (
    Finish,
    Piece,
    StopReason,
    Text,
    ToolCall,
    ToolInput,
    conversation_text,
    estimate_tokens,
)
from finq_local.bedrock.conversation import Conversation, Tool
from finq_local.bedrock.errors import ServiceError
from finq_local.bedrock.openai.client import connect, refused, unreachable
from finq_local.bedrock.openai.translate import as_json_request, chat_request

_STOP_REASONS: dict[str, StopReason] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
}


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Function(_Wire):
    name: str | None = None
    arguments: str | None = None


class _Call(_Wire):
    index: int = 0
    id: str | None = None
    function: _Function = _Function()


class _Delta(_Wire):
    content: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(_Wire):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Usage(_Wire):
    prompt_tokens: int
    completion_tokens: int


class _Chunk(_Wire):
    choices: list[_Choice] = []
    usage: _Usage | None = None


class OpenAIAnswerer:
    """Closing an answer closes the upstream's stream, which ends its generation."""

    def __init__(self, url: str, model: str, api_key: str | None = None) -> None:
        self.answered_by = f"openai:{model}"
        self.model = model
        self._client = connect(url, api_key)

    async def answer(self, conversation: Conversation) -> AsyncIterator[Piece]:
        """See `Answerer`."""
        request = chat_request(conversation, self.model)
        if conversation.forced_tool:
            for piece in await self._forced(request, conversation, conversation.forced_tool):
                yield piece
            return
        async with aclosing(self._pieces(request, conversation)) as pieces:
            async for piece in pieces:
                yield piece

    async def _forced(self, request: dict[str, Any], conversation: Conversation, tool: Tool) -> list[Piece]:
        """The tool's call, whole. A server that refuses or ignores the choice is asked for JSON instead."""
        try:
            pieces = [piece async for piece in self._pieces(request, conversation)]
        except ServiceError as error:
            if error.type != "ValidationException":
                raise
            pieces = []
        if any(isinstance(piece, ToolCall) for piece in pieces):
            return pieces
        pieces = [piece async for piece in self._pieces(as_json_request(request, tool), conversation)]
        text = "".join(piece.text for piece in pieces if isinstance(piece, Text))
        found = _json_object(text)
        finish = pieces[-1]
        if found is None or not isinstance(finish, Finish):
            raise ServiceError("ModelErrorException", f"upstream gave no input for the tool {tool.name}")
        return [
            ToolCall(_call_id(), tool.name),
            ToolInput(found),
            Finish("tool_use", finish.input_tokens, finish.output_tokens),
        ]

    async def _pieces(self, request: dict[str, Any], conversation: Conversation) -> AsyncGenerator[Piece]:
        reason: StopReason = "end_turn"
        usage: _Usage | None = None
        spoken = ""
        calls: set[int] = set()
        finished = False
        async with aclosing(self._chunks(request)) as chunks:
            async for chunk in chunks:
                usage = chunk.usage or usage
                for choice in chunk.choices[:1]:
                    if choice.delta.content:
                        spoken += choice.delta.content
                        yield Text(choice.delta.content)
                    for call in choice.delta.tool_calls or ():
                        if call.index not in calls:
                            calls.add(call.index)
                            yield ToolCall(call.id or _call_id(), call.function.name or "")
                        if call.function.arguments:
                            spoken += call.function.arguments
                            yield ToolInput(call.function.arguments)
                    if choice.finish_reason:
                        finished = True
                        reason = _STOP_REASONS.get(choice.finish_reason, "end_turn")
        if not finished:
            raise ServiceError("ModelErrorException", "upstream broke off its answer")
        yield Finish(
            "tool_use" if calls and reason == "end_turn" else reason,
            usage.prompt_tokens if usage else estimate_tokens(conversation_text(conversation)),
            usage.completion_tokens if usage else estimate_tokens(spoken),
        )

    async def _chunks(self, request: dict[str, Any]) -> AsyncGenerator[_Chunk]:
        """Server-sent events, parsed."""
        try:
            async with self._client.stream("POST", "chat/completions", json=request) as response:
                if response.status_code != 200:
                    raise refused(response.status_code, (await response.aread()).decode(errors="replace"))
                async for line in response.aiter_lines():
                    data = line.removeprefix("data:").strip()
                    if line.startswith("data:") and data != "[DONE]":
                        yield _Chunk.model_validate_json(data)
        except httpx.HTTPError as error:
            raise unreachable(error) from error
        except ValidationError as error:
            raise ServiceError("ModelErrorException", "upstream sent something that is not a chat chunk") from error


def _call_id() -> str:
    return f"tooluse_{uuid.uuid4().hex[:22]}"


def _json_object(text: str) -> str | None:
    """The JSON object in `text`, which may stand in a fence or among words."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        json.loads(text[start : end + 1])
    except ValueError:
        return None
    return text[start : end + 1]
