"""Work, schooling, marriage, housing, special groups and majors, as far as somebody says them of a person."""

import re
from collections import defaultdict
from collections.abc import Sequence

from finq.policies.understanding import people, phrases
from finq.policies.understanding.stated import Fact
from finq.policies.understanding.text import Compact

_CONTEXT = 16  # letters after a saying that may take it back
_FACTS = 60  # a text with more is not about one person
# "직장인이 아닌데", "장애인 말고"
_TAKEN_BACK = re.compile(r"[가-힣]{0,3}?(?:은|는|이|가|도|을|를)?(?:아니(?!면)|아닌|아님|말고|제외|빼고)")
# "퇴사했다면", "창업하면", "취업했을 때", "대학생 때": not now, or only perhaps
_NOT_NOW = re.compile(
    r"[가-힣]{0,2}?(?:면(?!접|허|세|서|담)|을때|때(?!문)|였을|이었|였던|였는|다가|예정|하기전|전에(?!요))"
)
_FUTURE = frozenset({"university_graduating", "high_school_graduating", "founder"})  # these say "예정" themselves
_NOT_BEFORE = {
    "장애인": re.compile(r"비$"),
    "신혼부부": re.compile(r"예비$"),
    "근무중": re.compile(r"(?:공익|요원|군|군대)(?:으로|에서)?$"),
    "남편": re.compile(r"예비$"),
    "미혼": re.compile(r"미$"),
}
_ONGOING = ("university_student", "postgraduate", "high_school_student")  # schooling now, whatever was finished before


def find(text: str) -> tuple[dict[str, Fact[str]], dict[str, list[Fact[str]]]]:
    """Facts of one value by field of `phrases`; and those of many values (special, not_special)."""
    compact = Compact(text)
    told = {
        field: [Fact(fact.value, *compact.span(fact.start, fact.end)) for fact in facts]
        for field, facts in _sayings(compact).items()
    }
    many = {
        field: [fact for fact in told.pop(field, []) if people.subject(text, fact.start) != "bystander"]
        for field in ("special", "not_special")
    }
    schooling = told.get("education", [])
    told["education"] = [fact for fact in schooling if fact.value in _ONGOING] or schooling
    married = told.pop("marital_status", [])  # whose husband it is needs no asking: "남편이 ..."
    one = {field: fact for field, facts in told.items() if (fact := people.spoken_of(text, facts))}
    if len({fact.value for fact in married}) == 1:
        one["marital_status"] = married[0]
    return one, many


def _sayings(compact: Compact) -> dict[str, list[Fact[str]]]:
    """Every saying that is not taken back, by field, its range in the compact text."""
    found: dict[str, list[Fact[str]]] = defaultdict(list)
    index, chars = phrases.sayings(), compact.chars
    count = 0
    for position in range(len(chars) - 1):
        for saying in index.get(chars[position : position + 2], ()):
            match = saying.pattern.match(chars, position)
            if match is None or count >= _FACTS or (saying.one_word and compact.gap(position + 1)):
                continue
            count += 1
            after, before = chars[match.end() : match.end() + _CONTEXT], chars[max(0, position - 4) : position]
            unlike = next((pattern for word, pattern in _NOT_BEFORE.items() if match[0].startswith(word)), None)
            if unlike and unlike.search(before):
                continue
            if _TAKEN_BACK.match(after):
                if saying.field == "special":
                    found["not_special"].append(Fact(saying.value, position, match.end()))
            elif saying.value in _FUTURE or not _NOT_NOW.match(after):
                found[saying.field].append(Fact(saying.value, position, match.end()))
    return {field: [fact for fact in facts if not _is_part(fact, facts)] for field, facts in found.items()}


def _is_part(fact: Fact[str], of: Sequence[Fact[str]]) -> bool:
    """Whether it begins inside a saying before it: "졸업예정" in "고등학교 졸업예정" """
    return any(other.start < fact.start < other.end for other in of)
