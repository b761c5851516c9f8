"""What a request holds, taken apart: the message, policies, web results, the profile and earlier turns.

Everything is found by tags and `key: value` lines, tolerant of spaces, bullets and unknown keys.
"""

import re
from dataclasses import dataclass
from html import unescape

from finq_local.bedrock.conversation import Conversation

# field -> the keys under which it may stand
_KEYS = {
    "name": ("이름", "정책명", "제목", "name"),
    "institution": ("기관", "주관기관", "운영기관", "담당기관", "institution"),
    "summary": ("요약", "설명", "소개", "summary"),
    "support": ("지원내용", "지원", "혜택", "내용", "support"),
    "age": ("나이", "연령", "지원연령", "age"),
    "region": ("지역", "거주지", "거주지역", "대상지역", "region"),
    "period": ("신청기간", "접수기간", "기간", "마감", "마감일", "period"),
    "verdict": ("자격판정", "판정", "자격", "verdict"),
    "conditions": ("추가조건", "조건", "자격조건", "conditions"),
    "exclusions": ("참여제한", "제외대상", "exclusions"),
    "documents": ("제출서류", "필요서류", "구비서류", "준비서류", "서류", "documents"),
    "how": ("신청방법", "방법", "how_to_apply"),
    "address": ("신청주소", "신청링크", "apply_url"),
    "similar": ("비슷한공고", "similar"),
    "today": ("오늘", "today"),
    "employment": ("취업", "취업상태", "employment"),
    "interests": ("관심분야", "관심", "interests"),
}
_FIELD_OF = {key: field for field, keys in _KEYS.items() for key in keys}
_LINE = re.compile(r"^[\s\-*•]*([가-힣A-Za-z_ ]{1,14}?)\s*[:：]\s*(.*)$")
_POLICY = re.compile(r"<policy\b[^>]*?\bid\s*=\s*[\"']?([\w-]+)[\"']?[^>]*>(.*?)</policy>", re.DOTALL)
_RESULT = re.compile(r"<result\b[^>]*>(.*?)</result>", re.DOTALL)
_NAME_LINE = re.compile(r"^(?:-|\d+\.)\s+([^\n:]{2,60})$", re.MULTILINE)
_NOT_SAID = {"", "모름", "없음", "-", "null", "None"}

# Sentences that give orders to a model. They are left out wherever they stand: a message, a record, a web page.
_ORDER = re.compile(
    r"(이전|위|앞|지금까지)[^.!?\n]{0,10}(지시|명령|규칙|내용|프롬프트)[^.!?\n]{0,12}(무시|잊|따르지)"
    r"|(지시|명령|규칙|조건)[을를]?\s*(전부|모두|다)?\s*무시"
    r"|ignore\b[^.!?\n]{0,30}\b(instruction|prompt|rule)|disregard\b|you are now|system\s*(prompt|:)|assistant\s*:"
    r"|시스템\s*(프롬프트|메시지|지시)|프롬프트[를을]\s*(보여|알려|출력)|너는 이제|route\s*[를을=:]",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?;\n])(?![\d.])")  # not inside 2026.12.31 or 1.5


@dataclass(frozen=True)
class PolicyText:
    """One `<policy>` block; fields that it lacks are empty."""

    id: str
    fields: dict[str, str]

    def __getitem__(self, field: str) -> str:
        return self.fields.get(field, "")

    @property
    def verdict(self) -> str:
        """ "eligible", "not_eligible" or "unknown", by the first word of the judgement that tells."""
        found = re.search(
            r"(?P<no>not_eligible|불가|대상\s*아님|부적격|어려)|(?P<unknown>unknown|확인)|(?P<yes>eligible|가능|적격|충족)",
            self["verdict"],
        )
        return {"no": "not_eligible", "yes": "eligible"}.get(found.lastgroup or "" if found else "", "unknown")

    @property
    def closed(self) -> bool:
        """Whether its period is over."""
        return bool(re.search(r"\((마감|종료)|^마감|신청\s*마감|closed", self["period"]))

    @property
    def upcoming(self) -> bool:
        """Whether one cannot apply yet."""
        return "시작 전" in self["period"] or "예정" in self["period"]


@dataclass(frozen=True)
class WebText:
    """One `<result>` block."""

    title: str
    content: str


@dataclass(frozen=True)
class Prompt:
    """A request taken apart. `message` is free of sentences that give orders; `policies` None: no such tag."""

    message: str
    policies: tuple[PolicyText, ...] | None
    web_results: tuple[WebText, ...]
    profile: dict[str, str]
    user_turns: tuple[str, ...]  # earlier ones, oldest first
    basis: str  # on what the search went, in sentences
    last_answer: str
    last_list: str  # the last answer that lists policies; empty when none does

    @property
    def named_before(self) -> tuple[str, ...]:
        """Policy names that headed lines of the last answer with a list, in their order."""
        return tuple(match.strip(" *") for match in _NAME_LINE.findall(self.last_list))

    @property
    def spoken_of(self) -> str:
        """The listed policy that the last answer is about, else the first; empty when none was listed."""
        names = self.named_before
        return next((name for name in names if self.last_answer.startswith(name)), names[0] if names else "")


def read_prompt(conversation: Conversation) -> Prompt:
    """Take a request apart."""
    users = [message.text for message in conversation.messages if message.role == "user"]
    answers = [message.text for message in conversation.messages if message.role == "assistant"]
    turn = users[-1]
    policies = _tag(turn, "policies")
    data_free = _without(turn, "policies", "web_results")
    profile = _fields(_tag(data_free, "profile") or "")
    return Prompt(
        message=without_orders(_message(turn)),
        policies=None if policies is None else tuple(_policy(*found) for found in _POLICY.findall(policies)),
        web_results=tuple(_web(found) for found in _RESULT.findall(_tag(turn, "web_results") or "")),
        profile={field: value for field, value in profile.items() if value not in _NOT_SAID},
        user_turns=tuple(without_orders(_message(text)) for text in users[:-1]),
        basis=" ".join(unescape(_tag(data_free, "search_basis") or "").split()),
        last_answer=answers[-1] if answers else "",
        last_list=next((text for text in reversed(answers) if _NAME_LINE.search(text)), ""),
    )


def without_orders(text: str) -> str:
    """`text` without the sentences that tell a model what to do."""
    return "".join(sentence for sentence in _SENTENCE_END.split(text) if not _ORDER.search(sentence)).strip()


def _message(turn: str) -> str:
    rest = _without(turn, "policies", "search_basis", "web_results", "profile")
    tagged = _tag(rest, "message")
    return unescape(rest if tagged is None else tagged).strip()


def _tag(text: str, name: str) -> str | None:
    found = re.search(rf"<{name}\b[^>]*>(.*?)</{name}>", text, re.DOTALL)
    return found[1] if found else None


def _without(text: str, *names: str) -> str:
    return re.sub(rf"<({'|'.join(names)})\b[^>]*>.*?</\1>", "", text, flags=re.DOTALL)


def _policy(policy_id: str, block: str) -> PolicyText:
    return PolicyText(policy_id, {field: without_orders(value) for field, value in _fields(block).items()})


def _web(block: str) -> WebText:
    fields = _fields(block)
    return WebText(without_orders(fields.get("name", "")), without_orders(fields.get("support", "")))


def _fields(block: str) -> dict[str, str]:
    """`key: value` lines; a line without a known key continues the one before."""
    fields: dict[str, str] = {}
    current = ""
    for raw in unescape(block).strip().splitlines():
        found = _LINE.match(raw)
        field = _FIELD_OF.get(found[1].replace(" ", "")) if found else None
        if found and field and field not in fields:
            current = field
            fields[field] = found[2].strip()
        elif current and raw.strip():
            fields[current] = f"{fields[current]} {raw.strip()}".strip()
    return fields
