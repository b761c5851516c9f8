"""What stands around a place name: whether it is a place at all, and what it is to the person.

All patterns are read against the message without its spaces, so "부산 사 는" and "부산사는" are one.
"""

import re
from enum import IntEnum

from finq.policies.understanding.text import Compact

CONTEXT = 24  # letters before and after a name that are looked at


class Role(IntEnum):
    """What a place is to the person; the highest counts."""

    ELSEWHERE = 0
    VISITS = 1
    WORKS = 2
    NAMED = 3
    LIVES = 4
    REGISTERED = 5
    MOVES_TO = 6


_AREA = r"(?:지역|쪽|시내|읍내?|근교|근처|북부|남부|동부|서부)?"
_LIVES = re.compile(
    rf"{_AREA}(?:에서?|에는|에서만|에만)?(?:지금|현재|계속|혼자|같이|쭉|\d+년째)?"
    r"(?:사는|살(?!던|다가|았|인|균|충|펴|림)|삽니|산지|삼(?=\d|$)|사시|사세|거주|자취|주민(?!등록)|시민|도민|군민|구민"
    r"|토박이|전입|사람|지내|삶|[이가](?:거주지|사는곳|집(?:이에요|입니다|인데|이고|이라)))"
)
# Most support goes by the registered address, wherever somebody sleeps.
_REGISTERED = re.compile(rf"{_AREA}(?:에만?|으?로|이|가)?(?:되어있는|돼있는)?(?:주소|주민등록)(?!지?[는은])")
_REGISTERED_AT = re.compile(r"(?<!회사)(?<!직장)(?<!학교)(?:주소지?|주민등록(?:지|상)?(?:주소지?)?)[은는이가]?$")
_MOVES_TO = re.compile(
    rf"{_AREA}(?:으?로|에)(?:곧|내년에?|다음달에?|이번에|최근에?|새로)?"
    r"(?:이사(?!비|온적)|전입|이주|올라|내려|옮[기겨긴길]|귀농|귀촌|귀어|돌아|가서살|갈|가려|가게|가는데|독립|온지|왔)"
    r"|(?:이사|올라|내려)(?:온|왔|오|갈|가|간|예정)(?!비)"
)
_ELSEWHERE = re.compile(
    rf"{_AREA}(?:말고|아닌|아니|제외|빼고|외(?:거주|지역|에거주)|출신|(?:에서?)?살다가|(?:에서?)?살았|(?:에서?)?살던|태생|이고향|가고향|본가"
    r"|으?로[가-힣]{0,6}(?:출퇴근|통학|출근|통근)|에서(?:태어|자랐)"
    r"|에서(?:[가-힣]{2,8}으?로|여기로)?(?:이사(?!비)|올라|내려|왔|온지|전출|떠나))"
)
_VISITS = re.compile(rf"{_AREA}(?:으?로[가-힣]{{0,6}}(?:여행|놀러|휴가)|여행(?!비|지원))")
_WORKS = re.compile(
    rf"{_AREA}(?:에서(?:일하|일해|일을|근무|직장|회사|알바|대학|학교|고등학교)|에?있는(?:대학|회사|학교|직장)|소재"
    r"|캠(?:퍼스)?|공단|산단|의료원|에직장|에회사|에학교|[가-힣]{0,2}(?:출퇴근|통학(?!버스|차))|으?로(?:대학|학교|취업|취직|발령))"
)
_FORMERLY = re.compile(r"(?:고향[이은]?|본가[가는]?|출신지는|전에는|예전에는?)$")
_OTHERS_HOME = re.compile(
    r"(?:부모님?|아버지|어머니|아빠|엄마|할머니|할아버지|시댁|친정|친구)(?:댁|집|주소지?)?[이가은는께서]*$"
)
_HOME = re.compile(r"(?:집[은이]|거주지[는가]|사는곳[은이])$")
_WORKPLACE = re.compile(r"(?:직장|회사|학교|대학교?|근무지)(?:주소지?)?[은는이가]$")

# 서울대, 인천공항, 제주항공, 대구은행: institutions that bear the name of a place.
_UNIVERSITY = (
    r"(?:시립|국립|교육|외국어|외|교|여자?|과학기술|과기|해양)?대"
    r"(?:$|학교|학원|병원|입구|다니|다녀|에|를|을|는|은|나와|나온|출신|졸업|재학|휴학|들어|생(?!활|계|애))"
)
_INSTITUTION = re.compile(
    rf"{_UNIVERSITY}|은행|공항|항공|우유|보증보험|보증기금|국제영화제|올림픽|공대|병원|과학기술원|과기원"
)
_OTHER_WORD_AFTER = {
    "경기": r"침체|불황|호황|회복|악화|둔화|부양|변동|전망|관람|티켓|가(?:안|나|좋|어|너무|많이|풀|살)"
    r"|도(?:안좋|어렵|나쁘)|안좋|나쁘|어려|력|장(?!학|기|려|애|소)|를|때문",
    "세종": r"대왕|문화회관|학당|호텔|로(?!이사|전입|이주|옮|갈|가)",
    "대전": r"게임|액션|격투|상대|료",
    "강원": r"랜드",
    "대구": r"탕|찜",
    "인천": r"상륙",
    "전남": r"편(?!의점|의시설|안한|리한)|자?친(?!환경|절|구집|구네)",
    "강남": r"스타일",
    "고양": r"이(?!에요|예요|고|인|라|다|요|나)",
    "구미": r"가?당기|에맞",
    "진주": r"목걸이|귀걸이|조개",
    "공주": r"님|옷|병|드레스|풍|들|대접",
    "화성": r"탐사|인|학",
    "양산": r"쓰|우산|체제|[을를]|화|하|되",
    "전주": r"대비|보다",
    "관악": r"기|부|단",
    "강릉": r"원주대|영동대",
    "분당": r"\d",
    "영광": r"입니다|이에요|이다|스럽",
    "용인": r"하|되|될|할|해|돼",
}
_OTHER_WORD_BEFORE = {"경기": r"불|축구|야구|농구|배구|스포츠|운동|올림픽|체육|국내|요즘", "대전": r"세계|차"}
_AFTER = {name: re.compile(pattern) for name, pattern in _OTHER_WORD_AFTER.items()}
_BEFORE = {name: re.compile(rf"(?:{pattern})$") for name, pattern in _OTHER_WORD_BEFORE.items()}

_PARTICLE = re.compile(
    r"(?:읍내?)?(?:에서?[는도만]?|서|의|으?로|은|는|이|가|도|만|과|와|이?랑|이나|인데요?|이고요?|이에요|이예요|예요|입니다|이요|요|이며|임|꺼)"
)
_NEXT_WORD = re.compile(
    rf"{_LIVES.pattern}|{_REGISTERED.pattern}|{_MOVES_TO.pattern}|{_ELSEWHERE.pattern}|{_VISITS.pattern}|{_WORKS.pattern}"
    r"|에서|청|취준|대학생|직장인|신혼|여성|남성|미취업|무직|백수|인데|이고|형(?=[가-힣])|월세|전세|근처|쪽|지역"
    r"|정착|행복|사랑|희망|미래|내일|주거|주택|취업|창업|구직|일자리|면접|교통비|결혼|출산|기본소득|농업|문화|장학"
)
_PLACED = re.compile(rf"{_AREA}(?:에서|에는|에도|에|의|청년|시민|군민|구민|도민|지역|쪽|관내|혁신도시|인데|이고)")
_COPULA = re.compile(r"이에요|이예요|예요|입니다|이요")
_MEANT = re.compile(
    rf"{_LIVES.pattern}|{_REGISTERED.pattern}|{_MOVES_TO.pattern}|(?:군|시|구)?(?:민|청년)|에서|지역|\d\d(?:살|세|년생)"
)
_EARNS_IN = re.compile(r"읍?에서(?:농사|영농|배타|고기잡|고기를|장사|가게|식당|카페|공방)")
_CLOSELY_MEANT = re.compile(r"청년|\d\d(?:살|세)")
# "이천시간", "보령시설": the last letter is the first of the next word.
_NOT_A_SUFFIX = {
    "시": re.compile(r"간|키|켜|킨|킬|작|험|점|설(?!공)|민"),
    "군": re.compile(r"요|인(?!데)|대"),
    "구": re.compile(r"하|직|매|성"),
}
_LEADS = re.compile(
    r"(?:^|[.?!~,\n])(?:안녕하세요|혹시|저는요?|저|나는?|전|제가|내가|지금|현재|요즘|올해|우리"
    r"|만?\d\d(?:살|세|년생)(?:인데|이고)?|[^가-힣])*$"
)
_AGE_BEFORE = re.compile(r"\d\d[살세]$|년생$")
_BEFORE_A_WORD = (
    *("저", "저는", "저도", "나는", "나도", "제가", "내가", "지금", "현재", "혹시", "인데", "이고", "집은", "집이"),
    *("는데", "은데", "에서", "으로", "로", "하고", "이나", "이랑"),
)


def can_begin(compact: Compact, start: int, *, inside_word: bool) -> bool:
    """Whether a name can begin at `start`: a new word or, if allowed, what is written on to another ("저는부산")."""
    if compact.starts_word(start):
        return True
    before = max(0, start - 3)
    return inside_word and (
        compact.chars.endswith(_BEFORE_A_WORD, before, start) or bool(_AGE_BEFORE.search(compact.chars[before:start]))
    )


class Surroundings:
    """The letters before and after a name in a message."""

    def __init__(self, compact: Compact, start: int, end: int) -> None:
        self.before = compact.chars[max(0, start - CONTEXT) : start]
        self.after = compact.chars[end : end + CONTEXT]
        self.rest = compact.rest(end)  # what the word goes on with

    @property
    def role(self) -> Role:
        """What the place is to the person."""
        moves = _MOVES_TO.match(self.after)
        formerly = _FORMERLY.search(self.before) and not moves
        if formerly or _ELSEWHERE.match(self.after) or _OTHERS_HOME.search(self.before):
            return Role.ELSEWHERE
        roles = (
            (Role.VISITS, _VISITS.match(self.after)),
            (Role.MOVES_TO, moves),
            (Role.REGISTERED, self._registered),
            (Role.LIVES, _LIVES.match(self.after) or _HOME.search(self.before)),
            (Role.WORKS, _WORKS.match(self.after) or _WORKPLACE.search(self.before)),
        )
        return next((role for role, said in roles if said), Role.NAMED)

    @property
    def _registered(self) -> bool:
        return bool(_REGISTERED.match(self.after) or _REGISTERED_AT.search(self.before))

    def other_word(self, spelling: str) -> bool:
        """Whether the letters belong to another word or name: 고양이, 경기 침체, 서울대."""
        after, before = _AFTER.get(spelling), _BEFORE.get(spelling)
        return bool(
            _INSTITUTION.match(self.rest)
            or (after and after.match(self.after))
            or (before and before.search(self.before))
        )

    @property
    def ends_name(self) -> bool:
        """Whether the name is a word of its own: nothing, a number, a particle, or a word known to follow places."""
        if not self.rest or self.rest[0].isdigit() or _PARTICLE.fullmatch(self.rest) or _NEXT_WORD.match(self.after):
            return True
        return self.rest == "고" and bool(_HOME.search(self.before))  # "집이 서귀포고", which is no school

    def last_letter_is_suffix(self, letter: str) -> bool:
        """Whether 시, 군 or 구 ends the name rather than beginning the next word ("보령시설")."""
        other = _NOT_A_SUFFIX.get(letter)
        return not (self.rest and other and other.match(self.rest))

    @property
    def leads(self) -> bool:
        """Whether the name opens its sentence, age and greeting aside, as people begin a query with a place."""
        return bool(_LEADS.search(self.before))

    @property
    def placed(self) -> bool:
        """Whether a rare word is a place: by what follows (에서, 청년, 사는), or as the first word ("공주 면접비")."""
        if _PLACED.match(self.after) or _MEANT.match(self.after) or _HOME.search(self.before) or self._registered:
            return True
        return self.leads and (not self.rest or bool(_COPULA.match(self.rest)))

    @property
    def meant(self) -> bool:
        """Whether an everyday word right after its 시도 is the place: "충북 음성 사는", not "충북 음성 상담"."""
        return not self.after or bool(_MEANT.match(self.after))

    @property
    def lived_in(self) -> bool:
        """Whether an everyday word that stands alone can only be a place: "예산에 사는"."""
        if _LIVES.match(self.after) or _MOVES_TO.match(self.after) or _EARNS_IN.match(self.after) or self._registered:
            return True
        return self.leads and bool(_CLOSELY_MEANT.match(self.after))
