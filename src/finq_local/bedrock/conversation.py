"""A Converse request, read and checked as the service does."""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finq_local.bedrock.errors import ServiceError
from finq_local.bedrock.models import Model


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ToolUse(_Part):
    toolUseId: str
    name: str
    input: Any = None


class ToolResult(_Part):
    toolUseId: str
    content: list[dict[str, Any]] = []

    @property
    def text(self) -> str:
        """Text blocks of the result, joined."""
        return "\n".join(block["text"] for block in self.content if isinstance(block.get("text"), str))


class Block(_Part):
    """Text, a tool's call or its result; other kinds (images, documents, cache points) are passed over."""

    text: str | None = None
    toolUse: ToolUse | None = None
    toolResult: ToolResult | None = None


class Message(_Part):
    role: Literal["user", "assistant"]
    content: list[Block] = Field(min_length=1)

    @property
    def text(self) -> str:
        """Text blocks of the turn, joined by line breaks."""
        return "\n".join(block.text for block in self.content if block.text)


class Tool(_Part):
    """A tool offered to the model."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str = ""
    schema_: dict[str, Any]


class Inference(_Part):
    maxTokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=1)
    topP: float | None = Field(None, ge=0, le=1)
    stopSequences: list[str] = Field([], max_length=2500)


class _ToolSpec(_Part):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str = ""
    inputSchema: dict[Literal["json"], dict[str, Any]]


class _ToolEntry(_Part):
    toolSpec: _ToolSpec | None = None


class _ToolConfig(_Part):
    tools: list[_ToolEntry] = Field(min_length=1)
    toolChoice: dict[Literal["auto", "any", "tool"], dict[str, Any]] = {}


class _TextFormat(_Part):
    type: Literal["json_schema"]
    structure: dict[Literal["jsonSchema"], dict[str, str]]


class _OutputConfig(_Part):
    textFormat: _TextFormat | None = None


class _Request(_Part):
    messages: list[Message] = Field(min_length=1)
    system: list[Block] = []
    inferenceConfig: Inference = Inference()
    toolConfig: _ToolConfig | None = None
    outputConfig: _OutputConfig = _OutputConfig()


class Conversation(_Part):
    """What an answerer gets. `forced_tool` must be called; `json_schema` constrains a text answer."""

    system: str
    messages: list[Message]
    inference: Inference
    tools: list[Tool] = []
    tool_choice: Literal["auto", "any", "tool"] = "auto"
    forced_tool: Tool | None = None
    json_schema: dict[str, Any] | None = None


def read_conversation(body: Mapping[str, Any], model: Model) -> Conversation:
    """Check a request body for `model`.

    Raises:
        ServiceError: ValidationException with the service's wording where it is known.
    """
    try:
        request = _Request.model_validate(body)
    except ValidationError as error:
        raise _constraint_violations(error) from None
    _check_turns(request, model)
    _check_sampling(request.inferenceConfig, model)
    tools = [
        Tool(
            name=entry.toolSpec.name, description=entry.toolSpec.description, schema_=entry.toolSpec.inputSchema["json"]
        )
        for entry in (request.toolConfig.tools if request.toolConfig else [])
        if entry.toolSpec
    ]
    choice, forced = _tool_choice(request.toolConfig, tools, model)
    return Conversation(
        system="\n".join(block.text for block in request.system if block.text),
        messages=request.messages,
        inference=request.inferenceConfig,
        tools=tools,
        tool_choice=choice,
        forced_tool=forced,
        json_schema=_json_schema(request.outputConfig),
    )


def _check_turns(request: _Request, model: Model) -> None:
    roles = [message.role for message in request.messages]
    if roles[0] != "user":
        raise _invalid(
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )
    if any(one == other for one, other in pairwise(roles)):
        raise _invalid(
            "A conversation must alternate between user and assistant roles. Make sure the conversation alternates "
            "between user and assistant roles and try again."
        )
    if roles[-1] == "assistant" and not model.prefill:
        raise _invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    for turn, message in enumerate(request.messages):
        for position, block in enumerate(message.content):
            if block.text is not None and not block.text.strip():
                raise _invalid(
                    f"The text field in the ContentBlock object at messages.{turn}.content.{position} is blank. "
                    "Add text to the text field, and try again."
                )
            if (block.toolUse or block.toolResult) and request.toolConfig is None:
                raise _invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.")


def _check_sampling(inference: Inference, model: Model) -> None:
    given = [
        name for name, value in (("temperature", inference.temperature), ("top_p", inference.topP)) if value is not None
    ]
    if given and not model.sampling:
        raise _invalid(f"The model returned the following errors: `{given[0]}` is deprecated for this model.")
    if len(given) == 2 and not model.both_sampling:
        raise _invalid(
            "The model returned the following errors: `temperature` and `top_p` cannot both be specified for this "
            "model. Please use only one."
        )


def _tool_choice(
    config: _ToolConfig | None, tools: list[Tool], model: Model
) -> tuple[Literal["auto", "any", "tool"], Tool | None]:
    if config is None or not config.toolChoice:
        return "auto", None
    if len(config.toolChoice) != 1:
        raise _invalid("toolConfig.toolChoice must have exactly one member set.")
    choice, value = next(iter(config.toolChoice.items()))
    if choice == "auto":
        return choice, None
    if not model.forced_tool:
        raise _invalid(
            f"The model returned the following errors: tool_choice: `{choice}` is not supported for this model."
        )
    if choice == "any":
        return choice, tools[0] if len(tools) == 1 else None
    named = next((tool for tool in tools if tool.name == value.get("name")), None)
    if named is None:
        raise _invalid(
            f"The model returned the following errors: Tool '{value.get('name')}' not found in provided tools"
        )
    return choice, named


def _json_schema(output_config: _OutputConfig) -> dict[str, Any] | None:
    """The schema of `outputConfig.textFormat`, which travels as a string of JSON."""
    if output_config.textFormat is None:
        return None
    try:
        schema = json.loads(output_config.textFormat.structure["jsonSchema"]["schema"])
    except (KeyError, TypeError, ValueError):
        schema = None
    if not isinstance(schema, dict):
        raise _invalid("outputConfig.textFormat.structure.jsonSchema.schema must be a JSON object in a string.")
    return schema


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def _constraint_violations(error: ValidationError) -> ServiceError:
    """The service's list of violated constraints. Values are left out: they may be what somebody wrote."""
    problems = error.errors(include_url=False, include_input=False)
    lines = [
        f"Value at '{'.'.join(str(part) for part in problem['loc'])}' failed to satisfy constraint: {problem['msg']}"
        for problem in problems
    ]
    plural = "s" if len(lines) > 1 else ""
    return _invalid(f"{len(lines)} validation error{plural} detected: {'; '.join(lines)}")
