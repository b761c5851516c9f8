"""The port between the wire protocol and whoever answers."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

from finq_local.bedrock.conversation import Conversation

StopReason = Literal["end_turn", "tool_use", "max_tokens", "stop_sequence", "content_filtered"]


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool's call begins; its input follows in pieces of JSON."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolInput:
    """The next piece of the running call's JSON."""

    json: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The last piece. Tokens are the upstream's own count, or `estimate_tokens`."""

    stop_reason: StopReason
    input_tokens: int
    output_tokens: int


Piece = Text | ToolCall | ToolInput | Finish


class Answerer(Protocol):
    """Answers a conversation, piece by piece; closing the iterator ends the work behind it."""

    answered_by: str  # header value: "rules" or "openai:<model>"
    model: str  # trace.promptRouter.invokedModelId

    def answer(self, conversation: Conversation) -> AsyncIterator[Piece]:
        """Yield pieces, ending with one `Finish`.

        Raises:
            ServiceError: before the first piece where the request cannot be answered.
        """
        ...


_KOREAN = re.compile(r"[가-힣ㄱ-ㆎ]")


def estimate_tokens(text: str) -> int:
    """About 1 token per 2 Korean characters and per 4 others, at least 1 for any text."""
    korean = len(_KOREAN.findall(text))
    return -(-korean // 2) + -(-(len(text) - korean) // 4)


def conversation_text(conversation: Conversation) -> str:
    """Everything a model would read, for counting input tokens."""
    parts = [conversation.system, *(message.text for message in conversation.messages)]
    parts += [f"{tool.name} {tool.description} {tool.schema_}" for tool in conversation.tools]
    parts += [
        block.toolResult.text for message in conversation.messages for block in message.content if block.toolResult
    ]
    return "\n".join(parts)
