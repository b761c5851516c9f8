"""Converse requests as /v1/chat/completions requests."""

import json
from typing import Any

from finq_local.bedrock.conversation import Conversation, Message, Tool


def chat_request(conversation: Conversation, model: str) -> dict[str, Any]:
    """The streaming request body."""
    messages: list[dict[str, Any]] = []
    if conversation.system:
        messages.append({"role": "system", "content": conversation.system})
    for message in conversation.messages:
        messages += _messages(message)
    inference = conversation.inference
    body: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": inference.maxTokens,
        "temperature": inference.temperature,
        "top_p": inference.topP,
        "stop": inference.stopSequences or None,
    }
    if conversation.tools:
        body["tools"] = [_tool(tool) for tool in conversation.tools]
        body["tool_choice"] = _tool_choice(conversation)
    if conversation.json_schema is not None:
        body["response_format"] = _json_format("answer", conversation.json_schema)
    return {name: value for name, value in body.items() if value is not None}


def as_json_request(body: dict[str, Any], tool: Tool) -> dict[str, Any]:
    """The same request asking for the tool's input as JSON text, for servers without forced tools."""
    kept = {name: value for name, value in body.items() if name not in ("tools", "tool_choice")}
    return {**kept, "response_format": _json_format(tool.name, tool.schema_)}


def _messages(message: Message) -> list[dict[str, Any]]:
    """A turn may become several: each tool result is a message of its own."""
    results = [
        {"role": "tool", "tool_call_id": block.toolResult.toolUseId, "content": block.toolResult.text}
        for block in message.content
        if block.toolResult
    ]
    calls = [
        {
            "id": block.toolUse.toolUseId,
            "type": "function",
            "function": {
                "name": block.toolUse.name,
                "arguments": json.dumps(block.toolUse.input, ensure_ascii=False),
            },
        }
        for block in message.content
        if block.toolUse
    ]
    turn: dict[str, Any] = {"role": message.role, "content": message.text}
    if calls:
        turn["tool_calls"] = calls
    return results + ([turn] if message.text or calls else [])


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema_},
    }


def _tool_choice(conversation: Conversation) -> Any:
    if conversation.forced_tool:
        return {"type": "function", "function": {"name": conversation.forced_tool.name}}
    return "required" if conversation.tool_choice == "any" else "auto"


def _json_format(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema}}
