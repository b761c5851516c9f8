"""Of whom a message speaks: the person for whom support is sought, or somebody else."""

import re
from collections.abc import Sequence
from typing import TypeVar

from finq.policies.understanding.stated import Fact

T = TypeVar("T")

_WINDOW = 14  # characters before a fact in which its subject stands
_BYSTANDER = (
    r"부모님?|아버지|어머니|아빠|엄마|할머니|할아버지|시어머니|시아버지|장인어른|장모님?|시댁|친정|사장님?|교수님?"
    r"|남편|아내|와이프|신랑|배우자|여자\s?친구|남자\s?친구|여친|남친|상사"
)
_OTHER = r"동생|언니|누나|오빠|형|친구|아들|딸|애|아이|자녀|조카|사촌|손자|손녀"
_SELF = r"(?:저|나)(?=[는도만]|\s)|제가|내가|전\s|난\s|본인"
# The subject of what follows: with its particle, or right before it ("동생 22살"); not an object ("아버지 돌보는").
_SUBJECT = re.compile(
    rf"(?<![가-힣])(?:우리|제|내)?(?:(?P<bystander>{_BYSTANDER})|(?P<other>{_OTHER}))(?:님|들)?"
    rf"(?:(?:이(?!랑|나)|가|은|는|께서|도)(?![가-힣])|\s*$)|(?<![가-힣])(?P<self>{_SELF})"
)
_CLAUSE_END = re.compile(r"[.?!\n]|인데|이고|는데|지만")


def subject(text: str, start: int) -> str | None:
    """Who the words right before `start` speak of: "self", "other" (for whom one may ask), "bystander", or None."""
    clause = _CLAUSE_END.split(text[max(0, start - _WINDOW) : start])[-1]
    named = [match.lastgroup for match in _SUBJECT.finditer(clause)]
    return named[-1] if named else None


def spoken_of(text: str, facts: Sequence[Fact[T]]) -> Fact[T] | None:
    """The fact about the person meant: the asker's own before anybody else's; None where two contradict."""
    by_subject: dict[str | None, list[Fact[T]]] = {}
    for fact in facts:
        by_subject.setdefault(subject(text, fact.start), []).append(fact)
    for who in ("self", None, "other"):
        told = by_subject.get(who, [])
        if told:
            return told[0] if all(fact.value == told[0].value for fact in told) else None
    return None
