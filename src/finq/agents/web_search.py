"""Tavily: recent news, asked for only when the records cannot know the answer."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from finq import aws
from finq.agents.prompting import escape, line
from finq.observability import logger
from finq.settings import WebSearchSettings

_RESULTS = 3
_TIMEOUT = 5
_QUERY_CHARACTERS = 300
_TITLE_CHARACTERS = 150
_CONTENT_CHARACTERS = 600
_URL_CHARACTERS = 500

# Whatever may identify a person stays here: e-mail addresses and long numbers (phone, account, resident id).
_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\d[\d\- ]{6,}\d")
_URL = re.compile(r"https://[^\s<>\"'()\[\]{}|\\^`]+")


@dataclass(frozen=True)
class WebResult:
    """One page found; `url` is https."""

    title: str
    url: str
    content: str

    def tag(self) -> str:
        return (
            f'<result url="{escape(self.url, _URL_CHARACTERS)}">\n제목: {line(self.title, _TITLE_CHARACTERS)}\n'
            f"내용: {line(self.content, _CONTENT_CHARACTERS)}\n</result>"
        )


class WebSearch:
    def __init__(self, settings: WebSearchSettings) -> None:
        self._settings = settings
        self._client: Any = None

    def search(self, query: str) -> tuple[WebResult, ...]:
        """At most three results for `query`; none when the service fails, since the answer can do without."""
        cleaned = impersonal(query)
        if not cleaned:
            return ()
        try:
            answer = self._connect().search(cleaned, topic="general", max_results=_RESULTS, timeout=_TIMEOUT)
            items = answer["results"]
            return tuple(result for item in items[:_RESULTS] if (result := _parse(item)))
        except Exception as error:  # noqa: BLE001 - another company's service and client; whatever it raises, we answer
            logger.warning("web search failed", extra={"error": type(error).__name__})
            # The key may have been rotated since this process read it.
            self._client = None
            aws.secret.cache_clear()
            return ()

    def _connect(self) -> Any:
        if self._client is None:
            from tavily import TavilyClient  # noqa: PLC0415 - slow to import and seldom needed

            key = aws.secret(self._settings.secret_id)["api_key"]
            self._client = TavilyClient(api_key=key, api_base_url=self._settings.url)
        return self._client


def impersonal(query: str) -> str:
    """`query` without what may identify a person, cut to what Tavily takes."""
    return " ".join(_PERSONAL.sub(" ", query).split())[:_QUERY_CHARACTERS]


def _parse(item: Any) -> WebResult | None:
    url = str(item.get("url", ""))
    if len(url) > _URL_CHARACTERS or not _URL.fullmatch(url) or not urlsplit(url).hostname:
        return None
    return WebResult(title=str(item.get("title", "")), url=url, content=str(item.get("content", "")))
