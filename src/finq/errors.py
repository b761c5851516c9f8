"""The errors a user can meet. Each carries its code, HTTP status and a Korean message that says what to do."""

from typing import Any


class FinqError(Exception):
    """Base of every error whose message may reach a user.

    Attributes:
        code: stable, machine-readable, SCREAMING_SNAKE_CASE.
        status: HTTP status on the REST side.
        message: Korean, for the user.
        retryable: whether the same request may succeed later.
        details: JSON object with particulars (field names, limits), or None.
    """

    code = "INTERNAL"
    status = 500
    message = "일시적인 오류가 발생했어요. 잠시 후 다시 시도해 주세요."
    retryable = True

    def __init__(self, message: str | None = None, *, details: dict[str, Any] | None = None) -> None:
        self.message = message or type(self).message
        self.details = details
        super().__init__(self.message)


class InvalidInput(FinqError):
    """The request is malformed; `details.fields` names what to change."""

    code = "INVALID_INPUT"
    status = 400
    message = "요청 내용을 확인해 주세요."
    retryable = False


class Unauthorized(FinqError):
    """No token, or one that does not verify."""

    code = "UNAUTHORIZED"
    status = 401
    message = "로그인이 필요해요. 다시 로그인해 주세요."
    retryable = False


class NotFound(FinqError):
    """It does not exist, or it is somebody else's: the two are not told apart."""

    code = "NOT_FOUND"
    status = 404
    message = "찾을 수 없어요."
    retryable = False


class Conflict(FinqError):
    """It clashes with what is stored."""

    code = "CONFLICT"
    status = 409
    message = "이미 처리된 요청이에요."
    retryable = False


class TooLarge(FinqError):
    """Over a size limit, named in `details.limit_bytes` or `details.limit_chars`."""

    code = "TOO_LARGE"
    status = 413
    message = "내용이 너무 길어요. 줄여서 다시 보내 주세요."
    retryable = False


class TooManyRequests(FinqError):
    """A rate limit, ours or a service's."""

    code = "TOO_MANY_REQUESTS"
    status = 429
    message = "요청이 많아요. 잠시 후 다시 시도해 주세요."
    retryable = True


class ServiceUnavailable(FinqError):
    """Something FinQ depends on does not answer (database, model, user pool)."""

    code = "SERVICE_UNAVAILABLE"
    status = 503
    message = "서비스가 잠시 불안정해요. 잠시 후 다시 시도해 주세요."
    retryable = True


class ModelUnavailable(FinqError):
    """A configured model is retired, denied or unknown. `str(error)`, for logs and terminals, names the setting."""

    code = "MODEL_UNAVAILABLE"
    status = 503
    message = "지금은 답변을 만들 수 없어요. 서비스 설정을 확인하고 있으니 나중에 다시 찾아 주세요."
    retryable = False

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.args = (reason,)


class SourceUnavailable(FinqError):
    """The Open API that policies come from refuses or does not answer. `str(error)` says how, and never its key."""

    code = "SOURCE_UNAVAILABLE"
    status = 503
    message = "온통청년에서 정책을 가져오지 못했어요. 잠시 후 다시 시도해 주세요."

    def __init__(self, reason: str, *, retryable: bool = True) -> None:
        super().__init__()
        self.retryable = retryable
        self.args = (reason,)
