"""The HTTP side of the Tavily stand-in."""

import json
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from finq_local.standins.admin import admin_routes
from finq_local.standins.registry import Registry
from finq_local.standins.serving import log
from finq_local.tavily.news import Item, load_items, published, rank

# error name -> (status, what the service says)
ERRORS = {
    "BadRequest": (400, "Query is missing."),
    "Unauthorized": (401, "Unauthorized: missing or invalid API key."),
    "TooManyRequests": (429, "Your request has been blocked due to excessive requests."),
    "PlanLimit": (432, "This request exceeds your plan's set usage limit."),
    "InternalServerError": (500, "Internal Server Error"),
}
_PERIODS = {"day": 1, "d": 1, "week": 7, "w": 7, "month": 31, "m": 31, "year": 366, "y": 366}
_NEWS_DAYS = 7

_items = TypeAdapter(list[Item])

Body = TypeVar("Body", bound=BaseModel)


class SearchRequest(BaseModel):
    """Options that change the answer; others are accepted and have no effect here."""

    model_config = ConfigDict(extra="ignore")

    query: str = Field(min_length=1, max_length=400)
    search_depth: Literal["basic", "advanced", "fast", "ultra-fast"] = "basic"
    topic: Literal["general", "news", "finance"] = "general"
    max_results: int = Field(5, ge=0, le=20)
    days: int | None = Field(None, ge=1)
    time_range: Literal["day", "week", "month", "year", "d", "w", "m", "y"] | None = None
    include_answer: bool | Literal["basic", "advanced"] = False
    include_raw_content: bool | Literal["markdown", "text"] = False
    include_domains: list[str] = []
    exclude_domains: list[str] = []

    @property
    def newest_days(self) -> int | None:
        """How many days back items may be; None for no limit."""
        if self.time_range:
            return _PERIODS[self.time_range]
        return self.days or (_NEWS_DAYS if self.topic == "news" else None)


class ExtractRequest(BaseModel):
    """One address or up to 20."""

    model_config = ConfigDict(extra="ignore")

    urls: str | list[str]

    @property
    def addresses(self) -> list[str]:
        return [self.urls] if isinstance(self.urls, str) else self.urls[:20]


def tavily_app() -> Starlette:
    """The Tavily stand-in as an ASGI application."""
    registry = Registry({"search": ERRORS, "extract": ERRORS})
    authored = load_items()
    added: list[Item] = []

    def items() -> tuple[Item, ...]:
        return (*authored, *added)

    async def change(request: Request) -> Response:
        if request.method == "DELETE":
            added.clear()
        elif request.method == "PUT":
            try:
                added.extend(_items.validate_json(await request.body()))
            except ValidationError as error:
                return JSONResponse({"message": str(error)}, status_code=400)
        return JSONResponse({"items": len(items())})

    def endpoint(
        operation: str, model: type[Body], answer: Callable[[Body], dict[str, Any]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            started = time.perf_counter()
            response = await _handle(request)
            log(operation, status=response.status_code, ms=round((time.perf_counter() - started) * 1000))
            return response

        async def _handle(request: Request) -> Response:
            started = time.perf_counter()
            fault = registry.called(operation, {})
            if fault:
                registry.errors[fault.error] += 1
                return _error(*ERRORS[fault.error], message=fault.message)
            if not request.headers.get("authorization", "").startswith("Bearer tvly-"):
                return _error(*ERRORS["Unauthorized"])
            try:
                body = model.model_validate(json.loads(await request.body()))
            except ValidationError as error:
                problem = error.errors(include_url=False, include_input=False)[0]
                return _error(400, f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}")
            except ValueError:
                return _error(400, "The request body is not JSON.")
            found = answer(body)
            seconds = round(time.perf_counter() - started, 3)
            return JSONResponse({**found, "response_time": seconds, "request_id": str(uuid.uuid4())})

        return handle

    routes = [
        Route("/search", endpoint("search", SearchRequest, lambda body: _search(body, items())), methods=["POST"]),
        Route("/extract", endpoint("extract", ExtractRequest, lambda body: _extract(body, items())), methods=["POST"]),
    ]
    return Starlette(
        routes=[*routes, Route("/_standin/items", change, methods=["GET", "PUT", "DELETE"]), *admin_routes(registry)]
    )


def _search(request: SearchRequest, items: tuple[Item, ...]) -> dict[str, Any]:
    now = datetime.now(UTC)
    ranked = [
        (score, item)
        for score, item in rank(request.query, items)
        if (request.newest_days is None or item.days_ago <= request.newest_days)
        and (not request.include_domains or item.host in request.include_domains)
        and item.host not in request.exclude_domains
    ][: request.max_results]
    results = []
    for score, item in ranked:
        result: dict[str, Any] = {"url": item.url, "title": item.title, "content": item.content, "score": score}
        result["raw_content"] = item.content if request.include_raw_content else None
        if request.topic == "news":
            result["published_date"] = published(item, now)
        results.append(result)
    answer = ranked[0][1].content if request.include_answer and ranked else None
    return {
        "query": request.query,
        "follow_up_questions": None,
        "answer": answer,
        "images": [],
        "results": results,
    }


def _extract(request: ExtractRequest, items: tuple[Item, ...]) -> dict[str, Any]:
    pages = {item.url: item for item in items}
    return {
        "results": [
            {"url": url, "raw_content": f"{pages[url].title}\n\n{pages[url].content}", "images": []}
            for url in request.addresses
            if url in pages
        ],
        "failed_results": [
            {"url": url, "error": "Failed to fetch url"} for url in request.addresses if url not in pages
        ],
    }


def _error(status: int, text: str, *, message: str = "") -> Response:
    return JSONResponse({"detail": {"error": message or text}}, status_code=status)
