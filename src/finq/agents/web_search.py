"""Recent news, asked for only when the records cannot know the answer."""

from dataclasses import dataclass

from finq.agents.prompting import escape, line
from finq.observability import logger
from finq.settings import WebSearchSettings
from finq.tavily import Page, Tavily, TavilyError, impersonal

_RESULTS = 3
_TIMEOUT = 5
_TITLE_CHARACTERS = 150
_CONTENT_CHARACTERS = 600
_URL_CHARACTERS = 500


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
        self._tavily = Tavily(settings)

    def search(self, query: str) -> tuple[WebResult, ...]:
        """At most three results for `query`; none when the service fails, since the answer can do without."""
        cleaned = impersonal(query)
        if not cleaned:
            return ()
        try:
            pages = self._tavily.search(cleaned, results=_RESULTS, timeout=_TIMEOUT, topic="general")
        except TavilyError as error:
            logger.warning("web search failed", extra={"error": error.refusal})
            return ()
        return tuple(result for page in pages if (result := _shown(page)))


def _shown(page: Page) -> WebResult | None:
    return WebResult(page.title, page.url, page.content) if page.url.startswith("https://") else None
