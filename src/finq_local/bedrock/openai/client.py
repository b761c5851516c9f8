"""HTTP to the upstream, and its failures in Bedrock's words."""

from urllib.parse import urlsplit

import httpx

from finq_local.bedrock.errors import ServiceError

_TIMEOUT = httpx.Timeout(120, connect=5)
_ERRORS = {
    400: "ValidationException",
    401: "AccessDeniedException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    413: "ValidationException",
    422: "ValidationException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}


def connect(url: str, api_key: str | None) -> httpx.AsyncClient:
    """A client for `url`; a bare host gets the customary `/v1`."""
    base = url.rstrip("/")
    if not urlsplit(base).path:
        base += "/v1"
    headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
    return httpx.AsyncClient(base_url=base, headers=headers, timeout=_TIMEOUT)


def refused(status: int, detail: str) -> ServiceError:
    """The error for an upstream's HTTP status."""
    return ServiceError(_ERRORS.get(status, "ModelErrorException"), f"upstream answered {status}: {detail[:300]}")


def unreachable(error: httpx.HTTPError) -> ServiceError:
    """The error for an upstream that does not answer."""
    if isinstance(error, httpx.TimeoutException):
        return ServiceError("ModelTimeoutException")
    return ServiceError("ServiceUnavailableException", f"upstream cannot be reached: {type(error).__name__}")
