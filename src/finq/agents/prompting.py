"""What the models read: instructions from files, everything else as escaped data inside tags."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from importlib.resources import files

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from finq.agents.conversation import Question, Turn
from finq.policies import codes, regions
from finq.policies.card import PolicyCard
from finq.policies.eligibility import Applicant
from finq.policies.model import Policy

_TURNS = 6
_TURN_CHARACTERS = 1000
_MESSAGE_CHARACTERS = 4000
_LINE_CHARACTERS = 700

# Characters nobody sees but models read: control, zero-width, direction marks, Unicode tags.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_POLICY_LINK = re.compile(r"\[([^\[\]]*)\]\(policy:[^()\s]*\)")
_VERDICTS = {"eligible": "가능", "unknown": "확인 필요", "not_eligible": "신청 불가"}
_STATUSES = {"open": "신청 중", "upcoming": "시작 전", "always": "상시", "closed": "마감", "unknown": "기간 확인 필요"}


@cache
def instructions(name: str) -> SystemMessage:
    """The fixed system prompt `name`; nothing is ever substituted into it."""
    return SystemMessage(files("finq.agents").joinpath("prompts", f"{name}.md").read_text(encoding="utf-8"))


def escape(text: str, limit: int) -> str:
    """`text` as data: it can close no tag, write no citation marker and hide no characters."""
    visible = _INVISIBLE.sub("", text[: limit * 2]).replace("<", "&lt;").replace(">", "&gt;")
    visible = re.sub(r"\[{2,}", "[", visible)
    return visible if len(visible) <= limit else visible[:limit] + "…"


def line(text: str, limit: int = _LINE_CHARACTERS) -> str:
    """`text` on one line, so that it cannot pretend to be the next field."""
    return escape(" ".join(text.split()), limit)


def message_tag(text: str) -> str:
    return f"<message>\n{escape(text, _MESSAGE_CHARACTERS)}\n</message>"


def history(turns: Sequence[Turn]) -> list[BaseMessage]:
    """The last turns, beginning with the user's; links to policies are cut down to the names."""
    messages: list[BaseMessage] = []
    for turn in turns[-_TURNS:]:
        if not turn.text.strip():
            continue
        if turn.role == "user":
            messages.append(HumanMessage(f"<message>\n{escape(turn.text, _TURN_CHARACTERS)}\n</message>"))
        elif messages:
            messages.append(AIMessage(escape(_POLICY_LINK.sub(r"\1", turn.text), _TURN_CHARACTERS)))
    return messages


def profile_tag(applicant: Applicant, interests: Iterable[str], today: date) -> str:
    """Who asks, one fact a line; what is not known is said to be so."""

    def label(table: dict[str, tuple[str, str]], name: str | None) -> str | None:
        return table[name][1] if name in table else None

    facts = {
        "나이": _age(applicant),
        "지역": _region_name(applicant.region_code),
        "취업": label(codes.EMPLOYMENT, applicant.employment),
        "학력": label(codes.EDUCATION, applicant.education),
        "결혼": label(codes.MARITAL, applicant.marital_status),
        "소득": _income(applicant),
        "주택": None if applicant.owns_home is None else "유주택" if applicant.owns_home else "무주택",
        "전공": label(codes.MAJOR, applicant.major),
        "특화": ", ".join(codes.SPECIAL[name][1] for name in sorted(applicant.special & codes.SPECIAL.keys())) or None,
        "관심분야": ", ".join(interests) or None,
    }
    lines = [f"오늘: {today.isoformat()}", *(f"{name}: {line(fact or '모름', 200)}" for name, fact in facts.items())]
    return "<profile>\n" + "\n".join(lines) + "\n</profile>"


def _age(applicant: Applicant) -> str | None:
    if applicant.age is None:
        return None
    least = applicant.least_age
    return f"만 {applicant.age}세" + (f" (올해 생일 전이면 만 {least}세)" if least != applicant.age else "")


def _income(applicant: Applicant) -> str | None:
    yearly = None if applicant.annual_income is None else f"연 {applicant.annual_income:,}만원"
    share = applicant.median_income_percent
    return ", ".join(filter(None, (yearly, f"기준중위소득 {share}%" if share is not None else None))) or None


def _region_name(code: str | None) -> str | None:
    try:
        return regions.name(code) if code else None
    except KeyError:  # a code that has been abolished since it was stored
        return None


def policy_tag(policy: Policy, card: PolicyCard) -> str:
    """One policy as the model sees it."""
    reasons = "; ".join(reason.text for reason in card.reasons)
    d_day = f", D-{card.d_day}" if card.d_day is not None and card.d_day >= 0 else ""
    fields = {
        "이름": card.name,
        "기관": card.institution,
        "요약": card.summary,
        "지원내용": card.support,
        "나이": card.age_text,
        "지역": card.region_text,
        "신청기간": f"{card.period_text} ({_STATUSES[card.status]}{d_day})",
        "자격판정": _VERDICTS[card.verdict] + (f" ({reasons})" if reasons else ""),
        "추가조건": policy.extra_conditions,
        "참여제한": policy.exclusions,
        "제출서류": ", ".join(document.name for document in card.documents) or policy.documents_text,
        "신청방법": policy.how_to_apply,
        "신청주소": card.apply_url,
        "비슷한 공고": ", ".join(f"{other.name} ({other.region_text})" for other in card.similar),
    }
    body = "\n".join(f"{name}: {line(value)}" for name, value in fields.items() if value.strip())
    return f'<policy id="{policy.id}">\n{body}\n</policy>'


def conversation(prompt: str, question: Question, *tags: str) -> list[BaseMessage]:
    """System prompt, earlier turns, and the turn to answer: `tags`, then the message."""
    turn = "\n".join((*tags, message_tag(question.text)))
    return [instructions(prompt), *history(question.history), HumanMessage(turn)]
