"""Where the person lives or is going to, or where the policy asked for is.

Place names are looked up letter pair by letter pair in the message without its spaces; their surroundings tell
whether they are places at all (예산, 수영, 대전) and what they are to the person (a home, a former one, a workplace).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from finq.policies import regions
from finq.policies.understanding import places
from finq.policies.understanding.places import Name
from finq.policies.understanding.stated import Fact
from finq.policies.understanding.surroundings import Role, Surroundings, can_begin
from finq.policies.understanding.text import Compact

_MENTIONS = 40  # a text with more is a list, not somebody's home
_SEPARATORS = frozenset(",/-·(")


@dataclass(frozen=True)
class Mention:
    """A place in the message: the codes it may stand for, its range in the compact text, what it is to the person."""

    codes: tuple[str, ...]
    start: int
    end: int
    role: Role


@dataclass(frozen=True)
class Residence:
    """`region` when one place is meant; `candidates` when its name has several meanings; `several` when more are.

    `others` are places named beside it, on offer in which the person asks about too ("대구 사는데 부산 청년패스").
    """

    region: Fact[str] | None = None
    candidates: tuple[str, ...] = ()
    several: bool = False
    others: tuple[str, ...] = ()


def find(text: str) -> Residence:
    """The place that counts for the person: a destination, else a home, else a place named, else a workplace."""
    compact = Compact(text)
    mentions = [mention for mention in islice(_mentions(compact), _MENTIONS) if mention.role > Role.ELSEWHERE]
    best = max((mention.role for mention in mentions), default=Role.ELSEWHERE)
    if best <= Role.VISITS:
        return Residence()
    chosen = [mention for mention in mentions if mention.role == best]
    spoken_of = {mention.codes[0][:2] for mention in mentions if len(mention.codes) == 1}
    meanings = [places.narrow(mention.codes, spoken_of) for mention in chosen]
    code = _common(meanings)
    if code is None:
        same = len(set(meanings)) == 1
        named = () if same else tuple(dict.fromkeys(codes[0] for codes in meanings if len(codes) == 1))
        return Residence(candidates=meanings[0] if same else (), several=not same, others=named)
    mention = chosen[meanings.index((code,))]
    besides = [places.narrow(mention.codes, spoken_of) for mention in mentions if mention.role < best]
    others = tuple(dict.fromkeys(codes[0] for codes in besides if len(codes) == 1 and not _overlap(codes[0], code)))
    return Residence(region=Fact(code, *compact.span(mention.start, mention.end)), others=others)


def elsewhere(text: str) -> frozenset[str]:
    """Codes of places that the message names only as not the person's: "부산 출신", "서울 말고"."""
    mentions = list(islice(_mentions(Compact(text)), _MENTIONS))
    named = {code for mention in mentions if mention.role > Role.VISITS for code in mention.codes}
    return frozenset(code for mention in mentions for code in mention.codes if code not in named)


def _common(meanings: list[tuple[str, ...]]) -> str | None:
    """The one place that all agree on, the smallest where one holds the other."""
    if any(len(codes) != 1 for codes in meanings):
        return None
    found = {codes[0] for codes in meanings}
    deepest = max(found, key=lambda code: (len(code), regions.parent(code) is not None))
    return deepest if found <= {deepest, deepest[:2], regions.parent(deepest)} else None


def _overlap(one: str, other: str) -> bool:
    """Whether one of two places is the other or holds it."""
    return one[:2] == other[:2] and (len(one) == 2 or len(other) == 2 or one in regions.related(other))


def _mentions(compact: Compact) -> Iterator[Mention]:
    names, chars = places.names(), compact.chars
    position = 0
    while position < len(chars) - 1:
        group = names.get(chars[position : position + 2], ())
        mention = next((found for name in group if (found := _read(compact, position, name))), None)
        if mention:
            yield mention
        position = mention.end if mention else position + 1


def _read(compact: Compact, start: int, name: Name) -> Mention | None:
    """The place that begins at `start` with `name`, together with the smaller places that follow it."""
    end = start + len(name.spelling)
    if not compact.chars.startswith(name.spelling, start) or not _is_place(compact, start, end, name):
        return None
    codes = name.codes
    while below := next(filter(None, (_below(compact, end, code) for code in codes)), None):
        codes, end = below
    return Mention(codes, start, end, Surroundings(compact, start, end).role)


def _below(compact: Compact, end: int, code: str) -> tuple[tuple[str, ...], int] | None:
    """The 시군구 or district of the place `code` whose name follows, and where it ends."""
    begin = end + 1 if compact.chars[end : end + 1] in _SEPARATORS else end
    for name in places.inside(code).get(compact.chars[begin : begin + 2], ()):
        finish = begin + len(name.spelling)
        if not compact.chars.startswith(name.spelling, begin):
            continue
        around = Surroundings(compact, begin, finish)
        if _whole(compact, begin, finish, name, around) and (name.kind != "homonym" or around.meant):
            return name.codes, finish
    return None


def _is_place(compact: Compact, start: int, end: int, name: Name) -> bool:
    if not can_begin(compact, start, inside_word=name.kind == "full"):
        return False
    around = Surroundings(compact, start, end)
    if around.other_word(name.spelling):
        return False
    # The name of a 시도, one with a smaller place after it, or one that opens the name of a policy ("함안정착").
    sido = len(name.codes) == 1 and len(name.codes[0]) == 2
    opens_name = name.kind == "plain" and around.leads and len(around.rest) > 1
    if sido or opens_name or (len(name.codes) == 1 and _below(compact, end, name.codes[0])):
        broken = compact.gap(start + 1) or (compact.gap(end - 1) and not around.ends_name)  # 충남 도서관, not 충남도
        return not broken
    return _whole(compact, start, end, name, around) and (
        name.kind in ("full", "plain")
        or (name.kind == "word" and around.placed)
        or (name.kind == "homonym" and around.lived_in)
    )


def _whole(compact: Compact, start: int, end: int, name: Name, around: Surroundings) -> bool:
    """Whether the letters are a name of their own rather than a piece of other words."""
    full = name.kind == "full"
    if any(compact.gap(inner) for inner in range(start + 1, end - full)):
        return False
    if full and end - start > 2 and not compact.gap(end - 1):
        return around.last_letter_is_suffix(name.spelling[-1])
    return around.ends_name  # so "관악 구청" is not 관악구, nor "남구하다" 남구
