"""Pieces of an answer as Converse's response and as ConverseStream's events."""

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from finq_local.bedrock.answerer import Finish, Piece, Text, ToolCall, ToolInput

Event = tuple[str, dict[str, Any]]


def converse_response(pieces: Iterable[Piece], model: str, latency_ms: int) -> dict[str, Any]:
    """The body of Converse; pieces of one block are joined."""
    content: list[dict[str, Any]] = []
    inputs: list[str] = []
    finish = Finish("end_turn", 0, 0)
    for piece in pieces:
        match piece:
            case Text(text):
                if not content or "text" not in content[-1]:
                    content.append({"text": ""})
                content[-1]["text"] += text
            case ToolCall(id=call_id, name=name):
                content.append({"toolUse": {"toolUseId": call_id, "name": name, "input": {}}})
                inputs = []
            case ToolInput(json=part):
                inputs.append(part)
                # Only the whole is JSON; a call cut off by maxTokens keeps its empty input.
                content[-1]["toolUse"]["input"] = _parsed("".join(inputs))
            case Finish():
                finish = piece
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": finish.stop_reason,
        **_metadata(finish, model, latency_ms),
    }


async def stream_events(pieces: AsyncIterator[Piece]) -> AsyncIterator[tuple[Piece, list[Event]]]:
    """Each piece with the events it causes, in the service's order, up to `messageStop`.

    As with Claude on the service, a text block begins with its first delta and only tool calls have a
    `contentBlockStart`.
    """
    index, open_block = 0, ""
    events: list[Event] = [("messageStart", {"role": "assistant"})]
    async for piece in pieces:
        if open_block and (isinstance(piece, ToolCall | Finish) or (isinstance(piece, Text) and open_block != "text")):
            events.append(("contentBlockStop", {"contentBlockIndex": index}))
            index, open_block = index + 1, ""
        match piece:
            case Text(text):
                open_block = "text"
                events.append(("contentBlockDelta", {"contentBlockIndex": index, "delta": {"text": text}}))
            case ToolCall(id=call_id, name=name):
                open_block = "tool"
                start = {"toolUse": {"toolUseId": call_id, "name": name}}
                events.append(("contentBlockStart", {"contentBlockIndex": index, "start": start}))
            case ToolInput(json=part):
                delta = {"toolUse": {"input": part}}
                events.append(("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}))
            case Finish(stop_reason=reason):
                events.append(("messageStop", {"stopReason": reason}))
        yield piece, events
        events = []


def metadata_event(finish: Finish, model: str, latency_ms: int) -> Event:
    """The last event of a stream: usage, latency and, as the prompt router's trace, the model that answered."""
    return "metadata", _metadata(finish, model, latency_ms)


def _metadata(finish: Finish, model: str, latency_ms: int) -> dict[str, Any]:
    return {
        "usage": {
            "inputTokens": finish.input_tokens,
            "outputTokens": finish.output_tokens,
            "totalTokens": finish.input_tokens + finish.output_tokens,
        },
        "metrics": {"latencyMs": latency_ms},
        "trace": {"promptRouter": {"invokedModelId": model}},
    }


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}
