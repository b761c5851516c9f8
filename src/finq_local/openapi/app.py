"""The HTTP side of the Open API stand-in."""

import asyncio
import json
import re
import time
from collections import deque
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from finq_local.openapi.records import Change, Listing
from finq_local.standins.admin import admin_routes
from finq_local.standins.registry import Registry
from finq_local.standins.serving import log
from finq_local.standins.settings import OpenApiSettings

PATH = "/go/ythip/getPlcy"
OPERATION = "getPlcy"
LARGEST_PAGE = 3000
STALL_SECONDS = 60
# How a call may be made to fail: by status, at HTTP 200 with another resultCode, or by its body.
ERRORS = ("TooManyRequests", "InternalServerError", "ServiceError", "Truncated", "Maintenance", "Stalled")
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def openapi_app(settings: OpenApiSettings) -> Starlette:
    """The stand-in as an ASGI application."""
    registry = Registry({OPERATION: ERRORS})
    listing = Listing(settings.records)
    recent: deque[float] = deque(maxlen=settings.rate)

    async def policies(request: Request) -> Response:
        started = time.perf_counter()
        response = await answer(request)
        log(OPERATION, status=response.status_code, ms=round((time.perf_counter() - started) * 1000))
        return response

    async def answer(request: Request) -> Response:
        fault = registry.called(OPERATION, {})
        listing.called()
        if fault:
            registry.errors[fault.error] += 1
        if (fault and fault.error == "TooManyRequests") or _too_fast(recent):
            return Response("Too Many Requests", status_code=429, headers={"retry-after": "1"})
        if fault and fault.error == "InternalServerError":
            return Response("Internal Server Error", status_code=500)
        if fault and fault.error == "ServiceError":
            return _failure(500, fault.message or "서비스 처리 중 오류가 발생하였습니다.")
        if fault and fault.error == "Maintenance":
            return HTMLResponse("<html><body>시스템 점검 중입니다.</body></html>")
        if fault and fault.error == "Stalled":
            await asyncio.sleep(STALL_SECONDS)
        page = _page(request, listing)
        if fault and fault.error == "Truncated":
            return Response(page.body[: len(page.body) // 2], media_type="application/json")
        return page

    async def records(request: Request) -> Response:
        if request.method == "DELETE":
            listing.reset()
        elif request.method == "PUT":
            try:
                listing.change(Change.model_validate(json.loads(await request.body())))
            except (ValidationError, ValueError) as error:  # a malformed body is a ValueError too
                return JSONResponse({"message": str(error)}, status_code=400)
        return JSONResponse({"records": len(listing.matching({}))})

    return Starlette(
        routes=[
            Route(PATH, policies),
            Route("/_standin/records", records, methods=["GET", "PUT", "DELETE"]),
            *admin_routes(registry),
        ]
    )


def _too_fast(recent: deque[float]) -> bool:
    """Whether as many calls as a second allows came within the last one; counts this call."""
    now = time.monotonic()
    full = len(recent) == recent.maxlen and now - recent[0] < 1
    recent.append(now)
    return full


def _page(request: Request, listing: Listing) -> Response:
    query = request.query_params
    if not _KEY.fullmatch(query.get("apiKeyNm", "")):
        return _failure(401, "유효하지 않은 인증키입니다.")
    if query.get("rtnType") != "json":
        return _failure(400, "rtnType: this stand-in speaks json only.")
    number, size = _whole(query.get("pageNum", "1")), _whole(query.get("pageSize", "10"))
    if number is None or size is None or size > LARGEST_PAGE:
        return _failure(400, "pageNum, pageSize 값이 올바르지 않습니다.")
    found = listing.matching(query)
    paging = {"totCount": len(found), "pageNum": number, "pageSize": size}
    shown = found[(number - 1) * size : number * size]
    return JSONResponse(
        {
            "resultCode": 200,
            "resultMessage": "성공적으로 데이터를 가지고 왔습니다.",
            "result": {"pagging": paging, "youthPolicyList": shown},
        }
    )


def _failure(code: int, message: str) -> Response:
    """A failure as the service reports it: at HTTP 200."""
    content: dict[str, Any] = {"resultCode": code, "resultMessage": message, "result": None}
    return JSONResponse(content)


def _whole(text: str) -> int | None:
    """A whole number from 1."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 1_000_000 else None
