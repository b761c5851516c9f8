"""REST calls to the stack, with its errors as messages."""

from typing import Any

import httpx

from finq_local.stack.layout import Layout
from finq_local.stack.service import StackError

# A first call may wait for a function to start; the gateway itself gives up after 29 s.
TIMEOUT = httpx.Timeout(35, connect=3)


class ApiError(StackError):
    """The API refused. `status` is HTTP's, `code` the contract's."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Api:
    """The REST API of a stack."""

    def __init__(self, layout: Layout) -> None:
        # trust_env: a proxy of the environment has no business with the loopback address.
        self._client = httpx.Client(base_url=layout.url, timeout=TIMEOUT, trust_env=False)

    def call(self, method: str, path: str, *, token: str | None = None, **options: Any) -> dict[str, Any]:
        """The JSON object answered; `options` are httpx's (`json`, `params`).

        Raises:
            ApiError: an error of the contract.
            StackError: no answer, or none of the contract.
        """
        headers = {"Authorization": token} if token else {}
        try:
            response = self._client.request(method, path, headers=headers, **options)
        except httpx.TransportError as error:
            raise StackError(f"{path} does not answer ({error}). Look at: finq status") from None
        if response.is_success:
            content: dict[str, Any] = response.json() if response.content else {}
            return content
        raise _error(response)


def _error(response: httpx.Response) -> StackError:
    try:
        error = response.json()["error"]
        fields = (error.get("details") or {}).get("fields") or {}
        hints = "".join(f"\n  {name}: {hint}" for name, hint in fields.items())
        return ApiError(response.status_code, error["code"], f"{error['message']}{hints} ({error['code']})")
    except (ValueError, KeyError, TypeError, AttributeError):
        return StackError(f"HTTP {response.status_code} from {response.request.url.path}. Look at: finq logs gateway")
