"""The Open API of 온통청년: one page of its list of policies at a time.

`GET …/go/ythip/getPlcy` answers `{"resultCode": 200, "resultMessage", "result": {"pagging": {"totCount",
"pageNum", "pageSize"}, "youthPolicyList": […]}}`; `pagging` is spelt so. A failure may come as HTTP 200 with
another `resultCode` and no `result`.
"""

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import urllib3

from finq.errors import SourceUnavailable

_MAX_BYTES = 20_000_000  # of one page; a hundred records take some 400 KB
_ATTEMPTS = 5
_LONGEST_PAUSE = 30.0
_PAGE_SECONDS = 60
_REASON_CHARACTERS = 200
# A refusal at HTTP 200 has no code of its own that is documented: it speaks of the key.
_ABOUT_THE_KEY = re.compile(r"인증|권한|승인|api ?key", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """A page of the list.

    Attributes:
        total: how many records the list has by now.
        size: how many go on a page, as the API sees it.
        records: as they came, whatever they are.
    """

    total: int
    size: int
    records: tuple[Any, ...]


class _Passing(Exception):
    """A failure that may be gone at the next attempt; `pause` in seconds, if the API says for how long to wait."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class OpenApi:
    """Reads pages politely: at most one request an `interval`, and longer pauses after each failure.

    Args:
        key: `apiKeyNm`. It goes into the address, so no address is ever logged or quoted.
        interval: seconds from one request to the next.
        backoff: seconds to wait after a first failure; doubled, with jitter, after each further one.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        page_size: int = 100,
        interval: float = 0.2,
        backoff: float = 0.5,
        timeout: float = 20,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self._key = key
        self._page_size = page_size
        self._interval = interval
        self._backoff = backoff
        self._sleep = sleep
        self._free_at = 0.0
        self._http = urllib3.PoolManager(maxsize=1, timeout=urllib3.Timeout(connect=5, read=timeout), retries=False)

    def page(self, number: int) -> Page:
        """Page `number`, from 1.

        Raises:
            SourceUnavailable: the key is refused, or five attempts failed; `str(error)` says how.
        """
        pause = 0.0
        for attempt in range(1, _ATTEMPTS + 1):
            self._wait(pause)
            try:
                return _read(self._get(number), self._page_size)
            except _Passing as failure:
                reason = self._quotable(str(failure))
                jitter = random.uniform(0.5, 1)  # noqa: S311 -- spreads retries, keeps no secret
                pause = min(_LONGEST_PAUSE, max(failure.pause, jitter * self._backoff * 2 ** (attempt - 1)))
            except _Refused as refusal:
                raise SourceUnavailable(f"{self.url} {self._quotable(str(refusal))}", retryable=False) from None
        raise SourceUnavailable(f"page {number} of {self.url} failed {_ATTEMPTS} times: {reason}")

    def _wait(self, pause: float) -> None:
        now = time.monotonic()
        wait = max(self._free_at - now, pause)
        if wait > 0:
            self._sleep(wait)
        self._free_at = time.monotonic() + self._interval

    def _get(self, number: int) -> bytes:
        fields = {"apiKeyNm": self._key, "pageNum": str(number), "pageSize": str(self._page_size)}
        fields |= {"pageType": "2", "rtnType": "json"}  # 2: with every field of a record
        try:
            response = self._http.request(
                "GET", self.url, fields=fields, headers={"accept": "application/json"}, preload_content=False
            )
            with response:
                _check_status(response)
                return _body(response)
        except urllib3.exceptions.HTTPError as error:
            raise _Passing(type(error).__name__) from None  # its text quotes the address

    def _quotable(self, reason: str) -> str:
        return " ".join(reason.replace(self._key, "***").split())[:_REASON_CHARACTERS]


class _Refused(Exception):
    """A failure that another attempt will not mend."""


def _check_status(response: urllib3.BaseHTTPResponse) -> None:
    status = response.status
    if status == 200:
        return
    if status in (401, 403):
        raise _Refused(f"refuses the API key (HTTP {status})")
    if status in (408, 429) or status >= 500:
        after = response.headers.get("retry-after", "")
        raise _Passing(f"HTTP {status}", float(after) if after.isascii() and after.isdigit() else 0.0)
    raise _Refused(f"does not serve this request (HTTP {status})")


def _body(response: urllib3.BaseHTTPResponse) -> bytes:
    deadline = time.monotonic() + _PAGE_SECONDS
    body = bytearray()
    for chunk in response.stream(65_536):
        body += chunk
        if len(body) > _MAX_BYTES or time.monotonic() > deadline:
            raise _Passing("a page without an end")
    return bytes(body)


def _read(body: bytes, asked: int) -> Page:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise _Passing(f"{len(body)} bytes that are not JSON") from None
    if not isinstance(answer, dict):
        raise _Passing("JSON that is no object")
    if (code := str(answer.get("resultCode"))) != "200":
        message = f"resultCode {code}: {answer.get('resultMessage')}"
        if code in ("401", "403") or _ABOUT_THE_KEY.search(str(answer.get("resultMessage"))):
            raise _Refused(f"refuses the API key ({message})")
        raise _Passing(message)
    result = answer.get("result")
    paging = result.get("pagging") if isinstance(result, dict) else None
    records = result.get("youthPolicyList") if isinstance(result, dict) else None
    total = _count(paging, "totCount")
    if total is None or not isinstance(records, list):
        raise _Passing("an envelope without totCount or youthPolicyList")
    return Page(total, _count(paging, "pageSize") or asked, tuple(records))


def _count(paging: Any, name: str) -> int | None:
    value = str(paging.get(name)) if isinstance(paging, dict) else ""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
