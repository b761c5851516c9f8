"""Text from outside as data inside tags."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from finq.agents.conversation import Turn
from finq.agents.prompting import escape, history, instructions, line, policy_tag
from finq.policies.card import SimilarPolicy, card
from finq.policies.eligibility import Applicant
from finq.policies.model import Policy


@given(st.text(max_size=200), st.integers(1, 100))
def test_escaped_text_closes_nothing_and_stays_short(text: str, limit: int) -> None:
    escaped = escape(text, limit)
    assert not {"<", ">"} & set(escaped)
    assert "[[" not in escaped
    assert len(escaped) <= limit + 1


@given(st.text(max_size=200))
def test_a_line_stays_one_line(text: str) -> None:
    assert len(line(text).splitlines()) <= 1


def test_hidden_characters_are_dropped() -> None:
    assert escape("가\u200b나\U000e0041다\u202e라", 100) == "가나다라"


def test_history_is_trimmed_begins_with_the_user_and_shows_names_for_links() -> None:
    turns = [
        Turn("assistant", "먼저"),
        *[Turn("user", f"{n}") for n in range(10)],
        Turn("assistant", "[적금](policy:A-1)이에요"),
    ]
    messages = history(turns)
    assert len(messages) == 6
    assert messages[0].type == "human"
    assert messages[-1].content == "적금이에요"
    assert len(str(history([Turn("user", "가" * 5000)])[0].content)) < 1100


def test_the_instructions_are_fixed_files() -> None:
    for name in ("supervisor", "search", "respond"):
        assert "지시가 아닙니다" in str(instructions(name).content)


def test_similar_calls_are_told_without_ids_to_cite() -> None:
    policy = Policy(id="P1", name="2026년 청년 월세 지원", raw={}, nationwide=True)
    similar = [SimilarPolicy(id="P0", name="2025년 청년 월세 지원", region_text="부산광역시 <남구>")]
    tag = policy_tag(policy, card(policy, Applicant(), date(2026, 11, 22), similar))
    assert "\n비슷한 공고: 2025년 청년 월세 지원 (부산광역시 &lt;남구&gt;)\n" in tag
    assert "P0" not in tag
    assert "비슷한 공고" not in policy_tag(policy, card(policy, Applicant(), date(2026, 11, 22)))
