"""What people see of an answer."""

from typing import Any

import pytest

from finq_local.cli.chat_view import FrameView, Links, TerminalView


def tokens(view: TerminalView, *pieces: tuple[str, int]) -> None:
    view.frame("", {"type": "ack"})
    for text, offset in pieces:
        view.frame("", {"type": "token", "text": text, "offset": offset})


@pytest.mark.parametrize(
    ("pieces", "printed"),
    [
        ([("안녕", 0), ("하세요", 2)], "안녕하세요"),
        ([("안녕", 0), ("안녕하세요", 0)], "안녕하세요"),  # repeated from the start
        ([("안녕하세요", 0), ("안녕", 0), ("하세요!", 2)], "안녕하세요!"),  # started over, the same words
        ([("안녕", 0), ("반가워요", 0)], "안녕반가워요"),  # started over, other words
        ([("안녕하세요", 0), ("하", 2)], "안녕하세요"),
    ],
)
def test_text_is_printed_once(capsys: pytest.CaptureFixture[str], pieces: list[tuple[str, int]], printed: str) -> None:
    tokens(TerminalView(), *pieces)
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- [청년 적금](policy:2026_A-1)이에요", "- 청년 적금이에요"),
        ("[a](policy:1)[b](policy:2)", "ab"),
        ("[신청](https://x.example/?a=[1])", "[신청](https://x.example/?a=[1])"),
        ("[참고] 목록 [1", "[참고] 목록 [1"),
        ("[a]\n(policy:1)", "[a]\n(policy:1)"),
    ],
)
def test_policy_links_are_shown_by_name_however_they_are_cut(text: str, shown: str) -> None:
    for size in range(1, len(text) + 1):
        links = Links()
        pieces = [links.feed(text[start : start + size]) for start in range(0, len(text), size)]
        assert "".join(pieces) + links.rest() == shown


def test_frames_are_printed_as_they_came(capsys: pytest.CaptureFixture[str]) -> None:
    raw = '{"type":"pong",  "x": "한글"}'
    FrameView().frame(raw, {"type": "pong"})
    assert capsys.readouterr().out == raw + "\n"


def test_error_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    frame: dict[str, Any] = {"type": "error", "code": "ANSWER_FAILED", "message": "다시 시도해 주세요."}
    TerminalView().frame("", frame)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "다시 시도해 주세요. (ANSWER_FAILED)" in captured.err
