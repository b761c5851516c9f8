"""The profile with what was said put over it: the message wins, and what it overrules is said in Korean."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from finq.policies import codes, regions
from finq.policies.eligibility import Applicant
from finq.policies.understanding.places import narrow
from finq.policies.understanding.stated import Age, Fact, Stated

_MARITAL = {name: label for name, (_, label) in codes.MARITAL.items()}
_HOME = {True: "유주택", False: "무주택"}
# Of the latest message alone.
_WISHES = ("topic", "other_regions", "categories", "apply_by", "always_open", "closed", "employs")
_PLACE = ("region_code", "region_candidates", "several_regions")


@dataclass(frozen=True)
class Merged:
    """For whom to search, and a Korean sentence for each fact of the profile that what was said overrules."""

    applicant: Applicant
    conflicts: tuple[str, ...] = ()


def together(turns: Sequence[Stated]) -> Stated:
    """What several messages of one person state, oldest first: the newest word on each fact, the latest's wishes.

    Spans are those of the message that each fact comes from. Raises IndexError for no message.
    """
    told = turns[0]
    for turn in turns[1:]:
        facts: dict[str, Any] = {name: getattr(turn, name) for name in _WISHES}
        for field in fields(Stated):
            if field.name not in (*_WISHES, *_PLACE, "special", "not_special") and getattr(turn, field.name):
                facts[field.name] = getattr(turn, field.name)
        if _names_a_place(turn) and not _adds_nothing(told, turn):
            facts |= {name: getattr(turn, name) for name in _PLACE}
        denied = {fact.value for fact in turn.not_special}
        claimed = {fact.value for fact in turn.special}
        facts["special"] = (*(fact for fact in told.special if fact.value not in denied), *turn.special)
        facts["not_special"] = (*(fact for fact in told.not_special if fact.value not in claimed), *turn.not_special)
        told = replace(told, **facts)
    return told


def merge(profile: Applicant, stated: Stated) -> Merged:
    """Put `stated` over `profile`. What is too vague to search by (20대, 서울이나 경기) only clears what it denies."""
    if stated.employs:
        return _employer(profile, stated)
    told: dict[str, Any] = {
        "special": frozenset(fact.value for fact in stated.special),
        "not_special": frozenset(fact.value for fact in stated.not_special),
    }
    conflicts: list[str] = []
    cleared = {**_age(profile, stated, told, conflicts), **_region(profile, stated, told, conflicts)}
    for name, label in (
        ("employment", _labels(codes.EMPLOYMENT)),
        ("education", _labels(codes.EDUCATION)),
        ("marital_status", _MARITAL),
        ("annual_income", _won),
        ("median_income_percent", lambda percent: f"중위소득 {percent}%"),
        ("owns_home", _HOME.__getitem__),
        ("major", _labels(codes.MAJOR)),
    ):
        fact: Fact[Any] | None = getattr(stated, name)
        if fact is None:
            continue
        told[name] = fact.value
        before = getattr(profile, name)
        if before is not None and before != fact.value:
            say = label if callable(label) else label.get
            conflicts.append(_conflict(say(before) or before, say(fact.value) or fact.value))
    for name in sorted(told["not_special"] & profile.special):
        conflicts.append(f"프로필에는 {with_ro(codes.SPECIAL[name][1])} 되어 있지만 아니라고 하셔서 빼고 찾았어요.")
    applicant = profile.updated(Applicant(**told)).model_copy(update=cleared)
    return Merged(applicant, tuple(conflicts))


def _employer(profile: Applicant, stated: Stated) -> Merged:
    """Where they are, and nothing else: ages and the like are those of whom they employ."""
    place = Stated(stated.topic, **{name: getattr(stated, name) for name in (*_PLACE, "other_regions")})
    merged = merge(Applicant(region_code=profile.region_code), place)
    said = "채용할 사람의 조건이 따로 있어서 지역 말고 다른 조건으로는 거르지 않고 찾았어요."
    return Merged(merged.applicant, (*merged.conflicts, said))


def with_ro(word: str) -> str:
    """`word` with 로 or 으로, as its last letter asks for."""
    final = (ord(word[-1]) - ord("가")) % 28 if "가" <= word[-1] <= "힣" else 0
    return word + ("으로" if final not in (0, 8) else "로")


def _conflict(before: str, said: str) -> str:
    return f"프로필에는 {with_ro(before)} 되어 있지만 말씀하신 {said} 기준으로 찾았어요."


def _labels(table: dict[str, tuple[str, str]]) -> Any:
    return {name: label for name, (_, label) in table.items()}


def _won(amount: int) -> str:
    return f"연소득 {amount:,}만원"


def _years(age: Age) -> str:
    if age.low == age.high:
        return f"만 {age.low}세"
    return f"{age.low}대" if age.low % 10 == 0 and age.high == age.low + 9 else f"만 {age.low}~{age.high}세"


def _age(profile: Applicant, stated: Stated, told: dict[str, Any], conflicts: list[str]) -> dict[str, Any]:
    """What is to be cleared of the profile's age; a new one goes into `told`."""
    if stated.age is None:
        return {}
    said = stated.age.value
    known = None if profile.age is None else Age(profile.least_age or 0, profile.age)
    if known and said.low <= known.low and known.high <= said.high:
        return {}  # "20대", "98년생" by somebody whose age is known better
    if known and (said.high < known.low or known.high < said.low):
        conflicts.append(_conflict(_years(known), _years(said)))
    if said.high - said.low > 1:
        return {"age": None, "maybe_younger": False}
    told |= {"age": said.high, "maybe_younger": said.low < said.high}
    return {"maybe_younger": said.low < said.high}


def _region(profile: Applicant, stated: Stated, told: dict[str, Any], conflicts: list[str]) -> dict[str, Any]:
    """What is to be cleared of the profile's region; a new one goes into `told`."""
    home = profile.region_code
    if stated.several_regions:
        if home:
            conflicts.append("여러 지역을 말씀하셔서 프로필의 지역으로 거르지 않고 찾았어요.")
        return {"region_code": None}
    code = stated.region_code.value if stated.region_code else None
    if stated.region_candidates:
        meanings = narrow(stated.region_candidates, {home[:2]} if home else set())
        if home and any(holds(meaning, home) for meaning in meanings):
            return {}
        if len(meanings) > 1:
            if home:
                conflicts.append("같은 이름의 지역이 여러 곳이라 지역으로 거르지 않고 찾았어요. 시·도를 알려 주세요.")
            return {"region_code": None}
        code = meanings[0]
    if code is None or (home and holds(code, home)):
        return {}
    if home and not holds(home, code):
        conflicts.append(_conflict(_short(home), _short(code)))
    told["region_code"] = code
    return {}


def holds(outer: str, inner: str) -> bool:
    """Whether the region `outer` is or contains `inner`."""
    return inner == outer or (len(outer) == 2 and inner[:2] == outer) or regions.parent(inner) == outer


def _short(code: str) -> str:
    """서울, 부산 남구."""
    sido = regions.SIDO_SHORT.get(code[:2], code[:2])
    return sido if len(code) == 2 or code not in regions.names() else f"{sido} {regions.names()[code][1]}".strip()


def _names_a_place(turn: Stated) -> bool:
    return bool(turn.region_code or turn.region_candidates or turn.several_regions)


def _adds_nothing(told: Stated, turn: Stated) -> bool:
    """Whether `turn` names only a place around the one already told, or one that it may mean."""
    if told.region_code is None or turn.several_regions:
        return False
    named = (turn.region_code.value,) if turn.region_code else turn.region_candidates
    return any(holds(code, told.region_code.value) for code in named)
