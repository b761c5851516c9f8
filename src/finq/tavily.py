"""Tavily, a web search: what is asked of it and what comes back, for everything here that looks things up.

What comes back was written by strangers: text to be shown or judged, never to be obeyed.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from finq import aws
from finq.clock import KOREA
from finq.settings import WebSearchSettings

Refusal = Literal["key", "plan", "throttled", "request", "unavailable"]

_QUERY_CHARACTERS = 300
_URL_CHARACTERS = 500
# Whatever may identify a person stays here: e-mail addresses and long numbers (phone, account, resident id).
_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\d[\d\- ]{6,}\d")
_URL = re.compile(r"https?://[^\s<>\"'()\[\]{}|\\^`]+")
_REFUSALS: dict[str, Refusal] = {
    "InvalidAPIKeyError": "key",
    "MissingAPIKeyError": "key",
    "ForbiddenError": "plan",
    "UsageLimitExceededError": "throttled",
    "BadRequestError": "request",
}


class TavilyError(Exception):
    """It did not answer the search.

    Attributes:
        refusal: it does not take the key; what the plan pays for is spent; too many searches at once; it does not
            take this request; or it does not answer.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True)
class Page:
    """A page found. `url` is http(s); `published` is None where the search does not say."""

    title: str
    url: str
    content: str
    published: date | None = None

    @property
    def host(self) -> str:
        """Of the address, in lower case."""
        return (urlsplit(self.url).hostname or "").lower()


class Tavily:
    """Searches with the key from Secrets Manager."""

    def __init__(self, settings: WebSearchSettings) -> None:
        self._settings = settings
        self._client: Any = None

    def search(self, query: str, *, results: int, timeout: float, **options: Any) -> tuple[Page, ...]:
        """At most `results` pages; `options` are Tavily's own (`topic`, `time_range`).

        Raises:
            TavilyError: also when the key cannot be read.
        """
        try:
            answer = self._connect().search(query, max_results=results, timeout=timeout, **options)
            items = answer["results"]
            return tuple(page for item in items[:results] if (page := page_of(item)))
        except Exception as error:  # another company's service and client: whatever it raises, it failed
            # The key may have been rotated since this process read it.
            self._client = None
            aws.secret.cache_clear()
            raise TavilyError(_REFUSALS.get(type(error).__name__, "unavailable")) from error

    def _connect(self) -> Any:
        if self._client is None:
            from tavily import TavilyClient  # noqa: PLC0415 - slow to import and seldom needed

            key = aws.secret(self._settings.secret_id)["api_key"]
            self._client = TavilyClient(api_key=key, api_base_url=self._settings.url)
        return self._client


def impersonal(query: str) -> str:
    """`query` without what may identify a person, cut to what Tavily takes."""
    return without_personal(query)[:_QUERY_CHARACTERS]


def without_personal(text: str) -> str:
    """`text` on one line, without e-mail addresses and long numbers."""
    return " ".join(_PERSONAL.sub(" ", text).split())


def page_of(item: Any) -> Page | None:
    """The page of an item of `results`; None without a plain http(s) address."""
    url = str(item.get("url", ""))
    if len(url) > _URL_CHARACTERS or not _URL.fullmatch(url):
        return None
    try:
        hostname = urlsplit(url).hostname
    except ValueError:  # a malformed IPv6 address
        hostname = None
    if not hostname:
        return None
    published = _date(str(item.get("published_date") or ""))
    return Page(str(item.get("title", "")), url, str(item.get("content", "")), published)


def _date(text: str) -> date | None:
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text)
        except (ValueError, TypeError):
            continue
        return moment.astimezone(KOREA).date() if moment.tzinfo else moment.date()
    return None
