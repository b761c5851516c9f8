"""The WebSocket frames, both ways; docs/websocket.md describes them for clients."""

import unicodedata
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, from_json

from finq.agents.conversation import Stage
from finq.errors import FinqError, InvalidInput, TooLarge
from finq.policies.card import PolicyCard

MAX_TEXT = 4000  # characters of a question, as REST has it
MAX_RECEIVED = 1_000_000


class InvalidJson(InvalidInput):
    """The frame is not a JSON object."""

    code = "INVALID_JSON"
    message = "JSON 객체로 보내 주세요."


class InvalidFrame(InvalidInput):
    """A field is missing or wrong; `details.fields` says which and why."""

    code = "INVALID_FRAME"


class UnknownType(InvalidInput):
    """`type` is none of the client frames; `details.types` lists them."""

    code = "UNKNOWN_TYPE"
    message = "알 수 없는 요청이에요. 앱을 최신 버전으로 업데이트해 주세요."


class EmptyMessage(InvalidInput):
    """Nothing visible was written."""

    code = "EMPTY_MESSAGE"
    message = "메시지를 입력해 주세요."


class MessageTooLong(TooLarge):
    """More than `details.limit_chars` characters."""

    code = "MESSAGE_TOO_LONG"
    status = 400
    message = f"메시지는 {MAX_TEXT:,}자까지 보낼 수 있어요. 줄여서 다시 보내 주세요."


def clean_text(text: str) -> str:
    """What the user wrote, without surrounding white space and without NUL, which PostgreSQL cannot hold.

    Raises:
        EmptyMessage: nothing visible is left.
        MessageTooLong: more than `MAX_TEXT` characters are left.
    """
    text = text.replace("\0", "").strip()
    if all(unicodedata.category(character)[0] in "ZC" for character in text):
        raise EmptyMessage
    if len(text) > MAX_TEXT:
        raise MessageTooLong(details={"limit_chars": MAX_TEXT})
    return text


def _clean(text: str) -> str:
    try:
        return clean_text(text)
    except FinqError as error:  # pydantic passes ValueErrors alone; `parse` turns it back
        raise PydanticCustomError("text_refused", "{code}", {"code": error.code, "error": error}) from error


RequestId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class _ClientFrame(BaseModel):
    # Unknown fields are ignored, so that a newer client may talk to an older server.
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Message(_ClientFrame):
    """Ask. Without `chat_id` a new chat is opened."""

    type: Literal["message"]
    request_id: RequestId
    chat_id: UUID | None = None
    text: Annotated[str, AfterValidator(_clean)]


class Stop(_ClientFrame):
    """End the answer to `request_id`; what was said is stored."""

    type: Literal["stop"]
    request_id: RequestId


class Resume(_ClientFrame):
    """Send the rest of the answer here; the client holds its first `received` code points."""

    type: Literal["resume"]
    request_id: RequestId
    received: int = Field(ge=0, le=MAX_RECEIVED)


class Ping(_ClientFrame):
    """Keeps the connection from idling out."""

    type: Literal["ping"]


ClientFrame = Annotated[Message | Stop | Resume | Ping, Field(discriminator="type")]
_CLIENT_FRAMES: TypeAdapter[Message | Stop | Resume | Ping] = TypeAdapter(ClientFrame)
_CLIENT_TYPES = ["message", "stop", "resume", "ping"]
_HINTS = {
    "type": f"{', '.join(_CLIENT_TYPES)} 중 하나여야 해요.",
    "request_id": "영문, 숫자, 점, 밑줄, 붙임표로 된 1~64자여야 해요.",
    "chat_id": "대화의 id(UUID)여야 해요.",
    "text": "글이어야 해요.",
    "received": f"0에서 {MAX_RECEIVED:,} 사이의 정수여야 해요.",
}


def parse(body: str) -> Message | Stop | Resume | Ping:
    """The client frame in `body`.

    Raises:
        InvalidJson, InvalidFrame, UnknownType, EmptyMessage, MessageTooLong
    """
    try:
        return _CLIENT_FRAMES.validate_json(body)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> FinqError:
    problems = error.errors(include_url=False, include_input=False)
    first = problems[0]
    if first["type"] == "union_tag_invalid":
        return UnknownType(details={"types": _CLIENT_TYPES})
    if first["type"] == "union_tag_not_found":
        return InvalidFrame(details={"fields": {"type": _HINTS["type"]}})
    if not first["loc"]:
        return InvalidJson()
    if len(problems) == 1 and first["type"] == "text_refused":
        refused: FinqError = first["ctx"]["error"]
        return refused
    # loc is (tag, field); a frame has no nested objects.
    names = [str(problem["loc"][1]) for problem in problems]
    return InvalidFrame(details={"fields": {name: _HINTS[name] for name in names}})


def request_id_in(body: str) -> str | None:
    """The `request_id` of a frame that may be malformed otherwise, for the error that answers it."""
    try:
        frame: Any = from_json(body)
        return TypeAdapter(RequestId).validate_python(frame["request_id"])
    except (ValueError, TypeError, LookupError):
        return None


class ServerFrame(BaseModel):
    """Base of what the server sends. Every field is always present; null where there is nothing to say."""

    model_config = ConfigDict(frozen=True)

    def encoded(self) -> bytes:
        """UTF-8 JSON."""
        return self.model_dump_json().encode()


class Ack(ServerFrame):
    """The message is stored as `message_id`; its answer follows. `duplicate`: it had been stored before."""

    type: Literal["ack"] = "ack"
    request_id: str
    chat_id: UUID
    message_id: UUID
    duplicate: bool


class Status(ServerFrame):
    """What is being done for the answer."""

    type: Literal["status"] = "status"
    request_id: str
    stage: Stage


class Sources(ServerFrame):
    """The policies the answer draws on; texts may be shortened here, REST has them whole."""

    type: Literal["sources"] = "sources"
    request_id: str
    policies: tuple[PolicyCard, ...]


class Token(ServerFrame):
    """A piece of the answer, at `offset` code points from its start."""

    type: Literal["token"] = "token"
    request_id: str
    text: str
    offset: int


class Done(ServerFrame):
    """The answer is stored as `message_id`, or null if it was stopped before its first word.

    `duplicate`: sent again from storage.
    """

    type: Literal["done"] = "done"
    request_id: str
    chat_id: UUID
    message_id: UUID | None
    model: str | None
    usage: dict[str, int]
    grounding: dict[str, Any]
    stopped: bool
    duplicate: bool = False


class Error(ServerFrame):
    """The request failed; where `retryable`, the same frame may be sent again."""

    type: Literal["error"] = "error"
    request_id: str | None
    code: str
    message: str
    retryable: bool
    details: dict[str, Any] | None

    @classmethod
    def of(cls, error: FinqError, request_id: str | None) -> Self:
        """The frame that tells `error`."""
        return cls(
            request_id=request_id,
            code=error.code,
            message=error.message,
            retryable=error.retryable,
            details=error.details,
        )


class Pong(ServerFrame):
    """Answers ping."""

    type: Literal["pong"] = "pong"
