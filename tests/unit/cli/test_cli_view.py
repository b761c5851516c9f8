"""What people see of an answer."""

from typing import Any

import pytest

from finq_local.cli.chat_view import FrameView, TerminalView


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
