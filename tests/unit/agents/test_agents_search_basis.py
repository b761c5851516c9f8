"""Where a message overrules the profile, the model that writes the answer is told on what basis was searched."""

from collections.abc import Generator, Sequence
from datetime import date
from typing import Any

from langchain_core.messages import BaseMessage

from finq.agents.conversation import Question
from finq.agents.policy_search import Findings, SearchPlan, stated_facts
from finq.agents.prompting import profile_tag
from finq.agents.respond import Responder
from finq.agents.run import Run
from finq.policies.eligibility import Applicant

TODAY = date(2026, 11, 22)


class Reading:
    """A model that keeps what it was given to read."""

    def __init__(self) -> None:
        self.read = ""

    def stream(self, messages: Sequence[BaseMessage], _ledger: Any) -> Generator[str, None, None]:
        self.read = "\n".join(str(message.content) for message in messages[1:])
        yield "네."


class Silent:
    def text(self, text: str) -> None: ...


def prompt_for(message: str) -> str:
    question = Question(message, TODAY, Applicant(age=25, region_code="11620"))
    merged = stated_facts(SearchPlan(query="월세"), question)
    model = Reading()
    findings = Findings("월세", merged.applicant, (), merged.conflicts)
    Responder(model).write(question, findings, (), Run(Silent()))  # type: ignore[arg-type]
    return model.read


def test_a_conflict_is_in_the_prompt_of_the_answer() -> None:
    read = prompt_for("부산 월세 지원")
    assert (
        "<search_basis>\n프로필에는 서울 관악구로 되어 있지만 말씀하신 부산 기준으로 찾았어요.\n</search_basis>" in read
    )
    assert "지역: 부산광역시" in read


def test_without_a_conflict_nothing_is_said() -> None:
    assert "<search_basis>" not in prompt_for("월세 지원")


def test_what_was_said_is_in_the_profile_of_the_prompt() -> None:
    told = Applicant(owns_home=False, major="engineering", special=frozenset({"disabled"}), median_income_percent=60)
    tag = profile_tag(told, (), TODAY)
    for line in ("주택: 무주택", "전공: 공학계열", "특화: 장애인", "소득: 기준중위소득 60%"):
        assert f"\n{line}\n" in tag
