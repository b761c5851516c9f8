"""Chooses what the request asks for (a tool's input, JSON, or text) and says it piece by piece."""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable

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
from finq_local.bedrock.conversation import Conversation
from finq_local.bedrock.rules.prompt import read_prompt
from finq_local.bedrock.rules.schema import fill
from finq_local.bedrock.rules.writing import write

# A piece is a word or two, about what Bedrock sends of a model's tokens in one event.
_PIECE = re.compile(r"(?:\s*\S{1,10}){1,2}|\s+")


class RuleAnswerer:
    """Deterministic; uses the request alone. Offered tools are called only where a call is demanded."""

    answered_by = "rules"
    model = "finq-local/rules"

    async def answer(self, conversation: Conversation) -> AsyncIterator[Piece]:
        """See `Answerer`."""
        prompt = read_prompt(conversation)
        asked = conversation_text(conversation)
        tool = conversation.forced_tool or (conversation.tools[0] if conversation.tool_choice == "any" else None)
        make: Callable[[str], Piece] = Text
        if tool:
            text = json.dumps(fill(tool.schema_, prompt), ensure_ascii=False)
            call_id = hashlib.sha256(f"{tool.name}{asked}".encode()).hexdigest()[:22]
            yield ToolCall(f"tooluse_{call_id}", tool.name)
            make = ToolInput
        elif conversation.json_schema is not None:
            text = json.dumps(fill(conversation.json_schema, prompt), ensure_ascii=False)
        else:
            text = write(prompt)
        stopped = False
        if not tool:
            text, stopped = _until(text, conversation.inference.stopSequences)
        limit = conversation.inference.maxTokens
        cut = limit is not None and estimate_tokens(text) > limit
        spoken = ""
        for piece in _PIECE.findall(text):
            if cut and limit is not None and estimate_tokens(spoken + piece) > limit:
                break
            spoken += piece
            yield make(piece)
        reason: StopReason = "max_tokens" if cut else "stop_sequence" if stopped else "tool_use" if tool else "end_turn"
        yield Finish(reason, estimate_tokens(asked), estimate_tokens(spoken))


def _until(text: str, stop_sequences: list[str]) -> tuple[str, bool]:
    """`text` up to the first stop sequence, and whether there was one."""
    ends = [at for stop in stop_sequences if stop and (at := text.find(stop)) >= 0]
    return (text[: min(ends)], True) if ends else (text, False)
