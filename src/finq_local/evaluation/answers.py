"""Whole answers held against what they were made of. Pure: a question, its answer, the records."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from finq.agents.grounding import unsupported
from finq.agents.prompting import policy_tag, profile_tag
from finq.policies.card import PolicyCard
from finq.policies.eligibility import Applicant
from finq.policies.model import Policy
from finq.policies.understanding import understand
from finq_local.evaluation.questions import JudgedQuestion

Check = Literal["error", "empty", "citation", "figure", "out of scope", "ineligible", "no refusal"]

_LINK = re.compile(r"\]\(policy:([^()\s]*)\)")
_MARKER = re.compile(r"\[\[[^\[\]\n]*\]\]")
# How an answer says that somebody does not qualify. A record's own "중복 신청 불가" is no such sentence.
_DENIES = re.compile(
    r"해당(?:하|되)?지\s*않|해당\s*없음|해당이\s*(?:안|없)|대상(?:이|은|에는?)?\s*(?:아니|아닙|아닌|안\s*(?:돼|되))"
    r"|(?:받으?실?|신청하?실?|신청할|받을|가입할|가입하실|참여할|지원받을|지원할|이용할|들)\s*수\s*(?:는\s*)?없"
    r"|(?:신청|가입|참여|지원)(?:은|이|하기|하시기)?\s*(?:는\s*)?(?:어려워|어려울|어렵|안\s*(?:돼|되))|받기(?:는)?\s*(?:어려워|어렵)"
    r"|자격(?:이|은|에|조건이|조건에)?\s*(?:안\s*(?:돼|되|맞)|없어|없습|되지\s*않|맞지\s*않)"
    r"|(?:조건|나이|연령|지역|소득)(?:이|에|은|는|가)?\s*(?:맞지\s*않|안\s*맞|벗어|넘)"
    r"|자격(?:판정)?:\s*(?:신청\s*불가|해당\s*없음)"
)
# How an answer says that it has nothing for the question.
_DECLINES = re.compile(
    r"(?:답하기|답변하기|답변드리기|알려\s*드리기|도와\s*드리기|도와주기)(?:는|가|에는)?\s*(?:어려|힘들)"
    r"|(?:답할|답변할|답변드릴|알려\s*드릴|도와\s*드릴|안내할|안내해\s*드릴)\s*수\s*(?:는|가)?\s*없"
    r"|(?:찾지|안내하지|답하지|다루지)\s*(?:못|않)|(?:정책|지원|자료)(?:이|가|은|는|에는)?\s*(?:없어|없습|없네|안\s*보)"
)


@dataclass(frozen=True)
class Answered:
    """An answer as a user gets it.

    Attributes:
        cards: the policies that were retrieved for it.
        dropped: citations and addresses that FinQ itself kept from the user, since nothing retrieved has them.
        applicant: for whom it was written.
        error: code of the error that came instead; then there is no text.
        seconds: from question to the last word.
    """

    text: str
    cards: tuple[PolicyCard, ...]
    dropped: int
    applicant: Applicant
    today: date
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class Failure:
    """A check that an answer did not pass."""

    check: Check
    reason: str


@dataclass(frozen=True)
class Judgement:
    """A question, its answer, and what is wrong with that."""

    question: JudgedQuestion
    answered: Answered
    failures: tuple[Failure, ...]

    @property
    def refusal_asked(self) -> bool:
        """Whether the right answer recommends nothing."""
        return self.question.type in ("none", "ineligible")

    @property
    def retrieves_relevant(self) -> bool:
        """Whether one of the policies that answer the question was retrieved, closed ones being left out."""
        return not {card.id for card in self.answered.cards}.isdisjoint(self.question.relevant)

    @property
    def cites_relevant(self) -> bool:
        """Whether one of the policies that answer the question is cited."""
        return not set(cited(self.answered.text)).isdisjoint(self.question.relevant)


def judge(question: JudgedQuestion, answered: Answered, policies: Mapping[str, Policy]) -> Judgement:
    """Hold one answer against the records of the corpus, `policies` by id."""
    return Judgement(question, answered, tuple(_failures(question, answered, policies)))


def cited(text: str) -> list[str]:
    """Ids of the policies linked in an answer, in order, each once."""
    return list(dict.fromkeys(_LINK.findall(text)))


def denies(text: str) -> bool:
    """Whether it says that somebody does not qualify."""
    return bool(_DENIES.search(text))


def _failures(question: JudgedQuestion, answered: Answered, policies: Mapping[str, Policy]) -> Iterator[Failure]:
    if answered.error:
        yield Failure("error", answered.error)
        return
    if not answered.text.strip():
        yield Failure("empty", "no text")
        return
    yield from _citations(answered)
    for figure in unsupported(answered.text, _given(question, answered, policies)):
        yield Failure("figure", f"{figure} is in no cited record")
    if question.type == "none":
        yield from _out_of_scope(answered)
        if not _DECLINES.search(answered.text):
            yield Failure("no refusal", "does not say that there is nothing to tell")
    else:
        yield from _ineligible(question, answered)
    if question.type == "ineligible" and not denies(answered.text):
        yield Failure("no refusal", "does not say that the person does not qualify")


def _citations(answered: Answered) -> Iterator[Failure]:
    retrieved = {card.id for card in answered.cards}
    for policy_id in cited(answered.text):
        if policy_id not in retrieved:
            yield Failure("citation", f"{policy_id} was not retrieved")
    if _MARKER.search(answered.text):
        yield Failure("citation", "a citation marker reached the user")


def _given(question: JudgedQuestion, answered: Answered, policies: Mapping[str, Policy]) -> str:
    """What figures may come from: the cited records, the question and who asks it."""
    parts = [question.query, profile_tag(answered.applicant, (), answered.today)]
    told = understand(question.query, answered.today)
    if told.apply_by:  # the day that "이번 주 마감" means
        parts.append(told.apply_by.value.isoformat())
    if told.age:  # "스무살"
        parts.append(f"만 {told.age.value.low}~{told.age.value.high}세")
    cards = {card.id: card for card in answered.cards}
    for policy_id in cited(answered.text):
        if policy_id in cards and policy_id in policies:
            policy = policies[policy_id]
            parts += [policy_tag(policy, cards[policy_id]), *map(str, (policy.raw or {}).values())]
    return "\n".join(parts)


def _out_of_scope(answered: Answered) -> Iterator[Failure]:
    for policy_id in cited(answered.text):
        yield Failure("out of scope", f"cites {policy_id}")
    for card in answered.cards:
        if card.name in answered.text and card.id not in cited(answered.text):
            yield Failure("out of scope", f"speaks of {card.name}")


def _ineligible(question: JudgedQuestion, answered: Answered) -> Iterator[Failure]:
    """A policy that the person is ruled out of may be named, but only together with a denial."""
    cards = {card.id: card for card in answered.cards}
    for policy_id, passage in _passages(answered.text):
        card = cards.get(policy_id)
        judged = policy_id in question.ineligible
        ruled_out = card is not None and card.verdict == "not_eligible"
        if (judged or ruled_out) and not denies(passage):
            by = "the question's judge" if judged else "FinQ's own verdict"
            yield Failure("ineligible", f"{card.name if card else policy_id} is recommended against {by}")


def _passages(text: str) -> Iterator[tuple[str, str]]:
    """Each cited id with what is said of it: from its line to the line that cites another."""
    passages: dict[str, list[str]] = {}
    current: Sequence[str] = ()
    for line in text.splitlines():
        current = cited(line) or current
        for policy_id in current:
            passages.setdefault(policy_id, []).append(line)
    for policy_id, lines in passages.items():
        yield policy_id, "\n".join(lines)
