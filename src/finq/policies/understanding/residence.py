"""Where the person lives or is going to, or where the policy asked for is.

Place names are looked up letter pair by letter pair in the message without its spaces; what stands around one tells
whether it is a place at all (예산, 수영, 대전) and what it is to the person (a home, a former home, a workplace).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice

from finq.policies import regions
from finq.policies.understanding import places
from finq.policies.understanding.places import Name
from finq.policies.understanding.stated import Fact
from finq.policies.understanding.text import Compact

_CONTEXT = 24  # letters around a name that are looked at
_MENTIONS = 40  # a text with more is a list, not somebody's home


class Role(IntEnum):
    """What a place is to the person; the highest counts."""

    ELSEWHERE = 0
    WORKS = 1
    NAMED = 2
    LIVES = 3
    MOVES_TO = 4


@dataclass(frozen=True)
class Mention:
    """A place in the message: the codes it may stand for and its range in the compact text."""

    codes: tuple[str, ...]
    start: int
    end: int
    role: Role


@dataclass(frozen=True)
class Residence:
    """`region` when one place is meant; otherwise `candidates` are the places that may be."""

    region: Fact[str] | None = None
    candidates: tuple[str, ...] = ()


_AREA = r"(?:지역|쪽|시내|근교|근처|북부|남부|동부|서부)?"
_LIVES = re.compile(
    rf"{_AREA}(?:에서?|에는|에서만|에만)?(?:지금|현재|계속|혼자|같이|쭉|\d+년째)?"
    r"(?:사는|살(?!던|다가|았|인|균|충|펴|림)|삽니|산지|삼(?=\d|$)|사시|사세|거주|자취|주소|주민|시민|도민|군민|구민"
    r"|토박이|전입|사람|지내|삶)"
)
_MOVES_TO = re.compile(
    rf"{_AREA}(?:으?로|에)(?:곧|내년에?|다음달에?|이번에|최근에?|새로)?"
    r"(?:이사(?!비|온적)|전입|이주|올라|내려|옮[기겨긴길]|귀농|귀촌|돌아|가서살|갈|가려|가게|가는데|독립|온지|왔)"
)
_ELSEWHERE = re.compile(
    rf"{_AREA}(?:말고|아닌|아니|제외|빼고|출신|(?:에서?)?살다가|(?:에서?)?살았|(?:에서?)?살던|태생|이고향|가고향|본가"
    r"|으?로(?:출퇴근|통학|출근|통근|여행|놀러|휴가)|여행(?!비|지원)|에서(?:태어|자랐)"
    r"|에서(?:[가-힣]{2,8}으?로|여기로)?(?:이사(?!비)|올라|내려|왔|온지|전출|떠나))"
)
_WORKS = re.compile(
    rf"{_AREA}(?:에서(?:일하|일해|일을|근무|직장|회사|알바|대학|학교)|에?있는(?:대학|회사|학교|직장)|소재|에직장|에회사|에학교)"
)
_FORMERLY = re.compile(r"(?:고향[이은]?|본가[가는]?|출신지는|전에는|예전에는?)$")
_OTHERS_HOME = re.compile(
    r"(?:부모님?|아버지|어머니|아빠|엄마|할머니|할아버지|시댁|친정|친구)(?:댁|집)?[이가은는께서]*$"
)
_WORKPLACE = re.compile(r"(?:직장|회사|학교|대학교?|근무지)[은는이가]$")

# 서울대, 인천공항, 제주항공, 대구은행: institutions that bear the name of a place.
_INSTITUTION = re.compile(
    r"(?:시립|국립|교육|외국어|외|교|여자?|과학기술|과기|해양)?대(?:$|학교|학원|병원|입구|다니|다녀|에|를|을|는|은|나와|나온|출신|졸"
    r"|재학|휴학|들어|생(?!활|계|애)|다(?=$))|은행|공항|항공|우유|보증보험|보증기금|국제영화제|올림픽"
)
_NOT_A_PLACE = {
    "경기": re.compile(
        r"(?:침체|불황|호황|회복|악화|둔화|부양|변동|전망|관람|티켓|가(?:안|나|좋|어|너무|많이|풀|살)|도(?:안좋|어렵|나쁘)"
        r"|안좋|나쁘|어려|력|장(?!학|기|려|애|소)|가요|를|때문)"
    ),
    "세종": re.compile(r"대(?:왕|$|학교|에)|문화회관|학당|호텔|로"),
    "대전": re.compile(r"게임|액션|격투|상대|료"),
    "강원": re.compile(r"랜드"),
    "대구": re.compile(r"탕|찜"),
    "인천": re.compile(r"상륙"),
    "구미": re.compile(r"가?당기|에맞"),
    "진주": re.compile(r"목걸이|귀걸이|조개"),
    "공주": re.compile(r"님|옷|병|드레스|풍|들|대접"),
    "화성": re.compile(r"탐사|인|학|에가"),
    "양산": re.compile(r"쓰|우산|체제|[을를]|화|하|되"),
    "전주": re.compile(r"대비|보다"),
}
_NOT_A_PLACE_BEFORE = {
    "경기": re.compile(r"(?:불|축구|야구|농구|배구|스포츠|운동|올림픽|체육|국내|요즘)$"),
    "대전": re.compile(r"(?:세계|차대)$"),
}
_PARTICLE = r"에서?|에[는도]|에서[는도만]|의|으?로|은|는|이|가|도|만|과|와|랑|이랑|인데요?|이고|이에요|이예요|예요|입니다|이요|요|이며|임|쪽|지역"
_ENDS_LIKE_PLACE = re.compile(
    rf"(?:{_PARTICLE})(?=$|[^가-힣])|{_LIVES.pattern}|{_MOVES_TO.pattern}|{_ELSEWHERE.pattern}|{_WORKS.pattern}"
    r"|청년|취준|대학생|직장인|신혼|여성|남성|미취업|무직|백수|인데|이고|형(?=[가-힣])|월세|전세|근처|쪽|지역|시민|군민|구민"
    r"|정착|행복|사랑|희망|청춘|미래|내일|주거|주택|취업|창업|구직|일자리|면접|교통비|결혼|출산|기본소득|농업|문화|장학"
)
_PLACED = re.compile(
    rf"{_AREA}(?:에서|에는|에도|에|의|청년|시민|군민|구민|도민|지역|쪽|관내|인데|이고|이에요|예요|입니다)"
)
_MEANT = re.compile(rf"{_LIVES.pattern}|{_MOVES_TO.pattern}|(?:군|시|구)?(?:민|청년)|지역|\d\d(?:살|세|년생)")
# "이천시간", "보령시설": the last letter is the first of the next word.
_NOT_A_SUFFIX = {
    "시": re.compile(r"간|키|켜|킨|킬|작|험|점|설(?!공)|민"),
    "군": re.compile(r"요|인(?!데)|대"),
    "구": re.compile(r"하|직|매|성"),
}
_LEAD = re.compile(
    r"(?:^|[.?!~,\n])(?:안녕하세요|혹시|저는요?|저|나는?|전|제가|내가|지금|현재|요즘|올해|우리|만?\d\d(?:살|세|년생)(?:인데|이고)?|[^가-힣]+)*$"
)
_INSIDE_WORD = re.compile(
    r"(?:저[는도]?|나[는도]|제가|내가|지금|현재|인데|이고|[살세생]|집[은이]|혹시|[은는]데|에서|으?로|하고|이나|이랑)$"
)


def find(text: str) -> Residence:
    """The place that counts for the person: a destination, else a home, else a place named, else a workplace."""
    compact = Compact(text)
    mentions = [mention for mention in islice(_mentions(compact), _MENTIONS) if mention.role > Role.ELSEWHERE]
    if not mentions:
        return Residence()
    best = max(mention.role for mention in mentions)
    chosen = [mention for mention in mentions if mention.role == best]
    context = tuple(mention.codes[0] for mention in mentions if len(mention.codes) == 1)
    narrowed = [_narrow(mention, context) for mention in chosen]
    code = _common({codes for codes in narrowed})
    if code is None:
        return Residence(candidates=tuple(sorted({code for codes in narrowed for code in codes})))
    places_of_it = [mention for mention, codes in zip(chosen, narrowed, strict=True) if codes == (code,)]
    start, end = compact.span(places_of_it[0].start, places_of_it[0].end)
    return Residence(region=Fact(code, start, end))


def _narrow(mention: Mention, context: tuple[str, ...]) -> tuple[str, ...]:
    """남구 becomes 부산 남구 where 부산 is spoken of elsewhere in the message."""
    inside = tuple(code for code in mention.codes if any(code[:2] == other[:2] for other in context))
    return inside if len(mention.codes) > 1 and len(inside) == 1 else mention.codes


def _common(found: set[tuple[str, ...]]) -> str | None:
    """The one place that all mentions agree on, the smallest of nested ones."""
    if any(len(codes) != 1 for codes in found):
        return None
    deepest = max((codes[0] for codes in found), key=lambda code: (len(code), regions.parent(code) is not None))
    around = {deepest, deepest[:2], regions.parent(deepest)}
    return deepest if all(codes[0] in around for codes in found) else None


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
    while len(codes) == 1 and (below := _below(compact, end, codes[0])):
        codes, end = below
    return Mention(codes, start, end, _role(compact, start, end))


def _below(compact: Compact, end: int, code: str) -> tuple[tuple[str, ...], int] | None:
    if code == "36" or (len(code) == 5 and regions.parent(code)):
        return None
    begin = end + 1 if compact.chars[end : end + 1] in {",", "/", "-", "·", "("} else end
    for name in places.inside(code):
        finish = begin + len(name.spelling)
        if not compact.chars.startswith(name.spelling, begin) or not _whole(compact, begin, finish, name.kind):
            continue
        if name.kind == "homonym" and not _is_meant(compact, finish):
            continue
        return name.codes, finish
    return None


def _is_meant(compact: Compact, end: int) -> bool:
    """Whether what follows a name that is an everyday word can only follow a place."""
    after = compact.chars[end : end + _CONTEXT]
    return not after or bool(_MEANT.match(after))


def _whole(compact: Compact, start: int, end: int, kind: places.Kind) -> bool:
    """Whether the letters are a name of their own rather than a piece of other words."""
    chars = compact.chars
    if any(compact.gap(inner) for inner in range(start + 1, end - (kind == "full"))):
        return False
    after = chars[end : end + _CONTEXT]
    if compact.ends_word(end):
        return True
    if kind == "full":
        other = _NOT_A_SUFFIX.get(chars[end - 1])
        split = compact.gap(end - 1) and end - start > 1
        if split or end - start == 2:  # "관악 구청", "남구하다"
            return bool(_ENDS_LIKE_PLACE.match(after))
        return not (other and other.match(after))
    return bool(_ENDS_LIKE_PLACE.match(after))


def _is_place(compact: Compact, start: int, end: int, name: Name) -> bool:
    chars = compact.chars
    before, after = chars[max(0, start - _CONTEXT) : start], chars[end : end + _CONTEXT]
    sido = len(name.codes[0]) == 2 and name.kind == "full"
    if not compact.starts_word(start):
        if name.kind != "full" or end - start < 2 + (not sido) or not _INSIDE_WORD.search(before):
            return False
    unlike, unlike_before = _NOT_A_PLACE.get(name.spelling), _NOT_A_PLACE_BEFORE.get(name.spelling)
    if (unlike and unlike.match(after)) or (unlike_before and unlike_before.search(before)):
        return False
    if sido and name.spelling not in ("광주시",):
        if not compact.ends_word(end) and _INSTITUTION.match(after):
            return False
        return not compact.gap(start + 1)
    if len(name.codes) == 1 and len(name.codes[0]) == 5 and _below(compact, end, name.codes[0]):
        return True
    if not _whole(compact, start, end, name.kind):
        return False
    if name.kind == "word":
        leads = compact.ends_word(end) and bool(_LEAD.search(before))
        return leads or bool(_PLACED.match(after)) or bool(_MEANT.match(after))
    if name.kind == "homonym":
        leads = bool(_LEAD.search(before)) and bool(re.match(r"청년|\d\d(?:살|세)", after))
        return leads or bool(_LIVES.match(after)) or bool(_MOVES_TO.match(after))
    return True


def _role(compact: Compact, start: int, end: int) -> Role:
    before = compact.chars[max(0, start - _CONTEXT) : start]
    after = compact.chars[end : end + _CONTEXT]
    if _ELSEWHERE.match(after) or _FORMERLY.search(before) or _OTHERS_HOME.search(before):
        return Role.ELSEWHERE
    if _MOVES_TO.match(after):
        return Role.MOVES_TO
    if _LIVES.match(after) or re.search(r"(?:집은|집이|주소는|거주지는|사는곳은)$", before):
        return Role.LIVES
    if _WORKS.match(after) or _WORKPLACE.search(before):
        return Role.WORKS
    return Role.NAMED
