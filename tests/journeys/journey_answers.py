"""What journeys check of answers, and how they wait."""

import time
from collections.abc import Callable, Iterable
from typing import Any

QUESTION = "25살인데 청년 적금 추천해줘"


def whole(frames: Iterable[dict[str, Any]], held: str = "") -> str:
    """The answer after `frames`, for a client that held `held`; fails on a piece lost, doubled or out of order."""
    text = held
    for frame in frames:
        if frame["type"] == "token":
            assert frame["offset"] == len(text), "lost or doubled text"
            text += frame["text"]
    return text


def transcript(user: Any, chat_id: str) -> list[tuple[str, str]]:
    """(role, text) of every message stored in a chat, by REST."""
    page = user.rest.get(f"/api/chats/{chat_id}/messages", params={"limit": 50}).raise_for_status().json()
    return [(message["role"], message["content"]) for message in page["items"]]


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """The first true value of `condition`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.05)
    return value
