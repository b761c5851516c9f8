import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from finq.chats.frames import ServerFrame, Sources, Status, Token
from finq.chats.outbox import TOKEN_INTERVAL, Outbox, sources_frame, token_frames
from finq.policies.card import PolicyCard
from finq.policies.model import RequiredDocument

FRAME_LIMIT = 32 * 1024


def card(number: int, *, support: str = "월 20만 원", documents: int = 1) -> PolicyCard:
    return PolicyCard(
        id=f"P{number}",
        name=f"정책 {number}",
        summary=support,
        support=support,
        categories=("주거",),
        institution="국토교통부",
        age_text="만 19~34세",
        region_text="전국",
        status="open",
        period_text="상시",
        deadline=None,
        d_day=None,
        documents=tuple(RequiredDocument(name=f"서류 {n}", note=support) for n in range(documents)),
        apply_url="https://example.test",
        verdict="eligible",
        reasons=(),
    )


def drain(outbox: Outbox, now: float) -> list[ServerFrame]:
    frames = []
    while frame := outbox.next_frame():
        frames.append(frame)
        outbox.sent(frame, now)
    return frames


def test_nothing_to_say_waits_for_ever() -> None:
    assert Outbox("r", 1).wait(0.0) == float("inf")


def test_the_first_token_leaves_at_once_and_later_ones_are_gathered() -> None:
    outbox = Outbox("r", 1)
    outbox.write("안")
    assert outbox.wait(10.0) == 0.0
    drain(outbox, 10.0)

    outbox.write("녕")
    assert outbox.wait(10.01) == pytest.approx(TOKEN_INTERVAL - 0.01)
    outbox.write("하세요")
    assert outbox.wait(10.0 + TOKEN_INTERVAL) == 0.0
    assert drain(outbox, 10.05) == [Token(request_id="r", text="녕하세요", offset=1)]


def test_two_kilobytes_do_not_wait() -> None:
    outbox = Outbox("r", 1)
    outbox.write("가")
    drain(outbox, 0.0)

    outbox.write("나" * 682)  # 2,046 bytes
    assert outbox.wait(0.0) > 0
    outbox.write("다")
    assert outbox.wait(0.0) == 0.0


def test_a_stage_and_sources_leave_at_once_in_the_order_they_happened() -> None:
    outbox = Outbox("r", 1)
    outbox.write("먼저")
    drain(outbox, 0.0)
    outbox.write(" 그리고")
    outbox.stage("searching")
    outbox.sources([card(1)])
    outbox.write(" 끝")

    assert outbox.wait(0.0) == 0.0
    first, second, third, fourth = drain(outbox, 0.0)
    assert first == Token(request_id="r", text=" 그리고", offset=2)
    assert second == Status(request_id="r", stage="searching")
    assert isinstance(third, Sources)
    assert fourth == Token(request_id="r", text=" 끝", offset=6)


def test_a_frame_stays_next_until_it_is_confirmed() -> None:
    outbox = Outbox("r", 1)
    outbox.write("가나")
    assert outbox.next_frame() == outbox.next_frame() == Token(request_id="r", text="가나", offset=0)


def test_a_client_that_resumes_gets_stage_sources_and_the_rest() -> None:
    outbox = Outbox("r", 1)
    outbox.stage("routing")
    outbox.stage("writing")
    outbox.sources([card(1)])
    outbox.write("가나다라")
    drain(outbox, 0.0)

    outbox.rewind(3)

    assert outbox.wait(0.0) == 0.0
    status, sources, token = drain(outbox, 0.0)
    assert status == Status(request_id="r", stage="writing")
    assert isinstance(sources, Sources)
    assert token == Token(request_id="r", text="라", offset=3)


@pytest.mark.parametrize(("attempt", "received"), [(2, 3), (1, 5)])
def test_text_of_another_run_is_never_continued(attempt: int, received: int) -> None:
    outbox = Outbox("r", attempt)
    outbox.write("가나다라")
    outbox.rewind(received)
    assert drain(outbox, 0.0) == [Token(request_id="r", text="가나다라", offset=0)]


def test_text_that_postgresql_cannot_hold_never_counts() -> None:
    outbox = Outbox("r", 1)
    outbox.write("가\0나\ud800다")
    outbox.text.encode()
    assert "\0" not in outbox.text
    assert drain(outbox, 0.0) == [Token(request_id="r", text="가나?다", offset=0)]


@given(st.text(alphabet=st.sampled_from(["\x01", "가", "😀", '"', "a"]), min_size=1).map(lambda text: text * 2000))
@settings(max_examples=30)
def test_token_frames_fit_and_add_up(text: str) -> None:
    frames = list(token_frames("r" * 64, text, 1))
    assert "".join(frame.text for frame in frames) == text[1:]
    assert all(len(frame.encoded()) <= FRAME_LIMIT for frame in frames)


@pytest.mark.parametrize(
    "cards",
    [
        [card(n, support="지원 내용 " * 1500, documents=3) for n in range(5)],
        [card(n, support="가" * 200, documents=200) for n in range(5)],
        [card(n, support="가" * 500, documents=20) for n in range(60)],
    ],
)
def test_large_sources_are_shortened_until_they_fit(cards: list[PolicyCard]) -> None:
    frame = sources_frame("r", cards)

    assert len(frame.encoded()) <= 28 * 1024
    assert [item.id for item in frame.policies] == [item.id for item in cards][: len(frame.policies)]
    assert len(frame.policies) >= 5
    assert frame.policies[0].support


def test_small_sources_are_left_alone() -> None:
    assert sources_frame("r", [card(1)]).policies == (card(1),)


class Delivered(RuleBasedStateMachine):
    """A client that loses frames, reconnects and resumes ends with exactly what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox("r", 1)
        self.now = 0.0
        self.connected = True
        self.text = ""
        self.sources: object = None

    def receive(self, frame: ServerFrame) -> None:
        data = json.loads(frame.encoded())
        if data["type"] == "token":
            assert data["offset"] <= len(self.text), "a gap"
            self.text = self.text[: data["offset"]] + data["text"]
        if data["type"] == "sources":
            self.sources = data["policies"]

    @rule(text=st.text(max_size=5000))
    def write(self, text: str) -> None:
        self.outbox.write(text)

    @rule()
    def stage(self) -> None:
        self.outbox.stage("writing")

    @rule()
    def find(self) -> None:
        self.outbox.sources([card(1)])

    @rule(seconds=st.floats(0, 1), frames=st.integers(0, 5))
    def send(self, seconds: float, frames: int) -> None:
        self.now += seconds
        for _ in range(frames):
            if frame := self.outbox.next_frame():
                if self.connected:
                    self.receive(frame)
                self.outbox.sent(frame, self.now)

    @rule()
    def push_times_out(self) -> None:
        if (frame := self.outbox.next_frame()) and self.connected:
            self.receive(frame)  # arrived, but not confirmed: sent again

    @rule()
    def drop(self) -> None:
        self.connected = False

    @precondition(lambda self: not self.connected)
    @rule()
    def resume(self) -> None:
        self.connected = True
        self.outbox.rewind(len(self.text))

    @invariant()
    def never_wrong(self) -> None:
        assert self.outbox.text.startswith(self.text)

    def teardown(self) -> None:
        if not self.connected:
            self.resume()
        for frame in drain(self.outbox, self.now):
            self.receive(frame)
        assert self.text == self.outbox.text
        assert (self.sources is not None) == bool(self.outbox.cards)


TestDelivered = Delivered.TestCase
TestDelivered.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
