"""Sayings that state a fact: work, schooling, marriage, housing, special groups, majors.

One saying a word, read against the message without its spaces; each begins with two letters of its own, by which it
is found. A bare noun is a fact only where people use it of themselves ("취준생 면접비"); one that usually names what is
asked for ("대학생 기숙사", "청년농업인 지원") has to be said of somebody: `~` stands for 인데, 이에요, 입니다, 이고 ...
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

_IS = "(?:인데|이에|이예|예요|에요|입니|이고|이라|이며|이지만|이야|임|인(?=저|제|\\d)|도(?:되|돼|가능|신청|받을|해당))"
_STUDIES = "(?:에|를)?(?:다니(?!다가|던|면(?!서)|고싶)|다녀|다닙|재학|들어갔|붙었|입학했)"
_WORKS = "(?:에|를)?(?:다니(?!다가|던|면(?!서)|고싶)|다녀|다닙|재직|근무중|근무하|취업했(?!다가)|취직했(?!다가))"
_FINISHED = "(?:을|를)?(?:졸업(?:했|한지|한상태)|나왔|나온상태)"
_STUDIED = "(?:을|를)?(?:전공(?!자우대)|졸업|나왔|나온|다니|재학|출신|[1-4]학년|학생|생?~)"

# field -> value -> sayings
_SAYINGS = {
    "employment": {
        "unemployed": """취준생 취준중 취준~ 취업준비(?:생|중|하고있|하는) 구직중 구직자~ 구직활동(?:중|하고있) 백수(?!저) 무직(?!자대출)
            미취업(?:자|청년|상태|~) 실업자 실업급여(?:를|을)?(?:받고있|받는중|받는동안|타는|타고) 실직(?:했|자|상태|중|당) 일을?쉬고 쉬고있 쉬는중
            놀고있 일안하고 퇴사(?:했|한지|한상태|하고(?:쉬|구직|취업준비|취준)) 그만뒀 그만두었 그만둔 짤렸 잘렸 해고(?:당했|됐|되었|당한)
            권고사직(?:당|으로|받) 일자리를?(?:잃|찾고있|구하고있) 직장이?없 직장을잃 아무것도안하고 취업을?(?:못하고|못했|안했)""",
        "employed": """직장인(?!대출|대상|을위한) 회사원 회사$works 직장$works 공장$works 기업$works 병원(?:에서)?근무 재직중 재직자 재직하
            근무중 근무하고있 일하고있 일하는중 취업했(?!다가) 취직했(?!다가) 취직한지 취업한지 입사(?:했(?!다가)|한지)
            정규직(?:~|으로일) 계약직(?:~|으로일) 공무원~""",
        "self_employed": """자영업(?:자|을|하|~) 소상공인~ 가게를?(?:하고|하는|해요|운영|열었) 장사를?(?:하고|하는|해요) 식당을?(?:하고|하는|해요|운영|열었)
            카페를?(?:하고|하는|해요|운영|열었) 개인사업자(?:~|로) 사업을?하고있""",
        "freelancer": "프리랜서(?!지원|플랫폼|를위)",
        "day_labourer": "일용직(?!지원|을위) 일용근로자 막노동 노가다",
        "founder": """예비창업 창업을?(?:준비중|준비하|하려|하고싶|했|한지|예정|할거|할계획|\\d년차) 차리고싶 차리려
            사업자(?:등록)?(?:이|가|은|는)?없는데창업 스타트업을?(?:하고|운영|대표)""",
        "short_term": """알바(?:중|하는데|하고|하면서|해요|해서|생~|로생활|로일|뛰고|만하) 아르바이트(?:중|하는데|하고|하면서|해요|해서|생~|로생활|만하)
            단기근로(?:중|하고|자~) 파트타임(?:으로|하고) 시간제(?:로|근무하)""",
        "farmer": """농사를?(?:짓|지어|지으|지은|시작|하고있|하는|\\d년차) 농부~ 농업인~ 영농(?:종사|후계농~) 귀농(?:했|한지|해서살)""",
    },
    "education": {
        "below_high_school": """중졸~ 고등학교를?(?:자퇴|중퇴)(?:했|한|하고) 고교(?:자퇴|중퇴) 학교밖청소년~ 검정고시를?준비""",
        "high_school_student": """고등학생~ 고딩~ 고1(?:~|학생) 고2(?:~|학생) 고3(?:~|학생) 고등학교[1-3]학년 고등학교$studies""",
        "high_school_graduating": """고교졸업(?:예정|을앞둔|앞둔) 고등학교졸업(?:예정|을앞둔|앞둔)""",
        "high_school_graduate": "고졸(?:~|로|출신|(?=\\d)) 고등학교(?:만|까지만)?$finished 특성화고$finished",
        "university_student": """대학생~ 대딩~ 대학교?$studies 대학교?[1-4]학년 학과[1-4]학년 휴학(?:중|생|했) 전문대$studies
            야간대$studies""",
        "university_graduating": """졸업예정(?:자)?~ 졸업을?앞(?:두|둔) 졸업반~ 막학기~ 대학교?졸업(?:예정|을앞|앞)""",
        "university_graduate": "대졸(?:~|자~|백수|취준) 대학교?$finished 전문대졸~ 전문대$finished",
        "postgraduate": "대학원생 대학원$studies 석사(?:~|과정|졸업) 박사(?:~|과정) 로스쿨(?:생|$studies)",
    },
    "marital_status": {
        "married": """신혼부부(?!만|전용) 신혼(?:~|집|생활) 기혼 결혼을?(?:했(?!던|다가)|한지|해서|\\d년차|\\d개월|\\d년됐) 유부남 유부녀 남편 아내(?=[가는랑와도의])
            와이프 배우자 혼인신고를?(?:했|한|하고) 맞벌이(?!부모)""",
        "single": "미혼(?!모|부(?!모)) 싱글(?!맘|대디) 솔로~ 결혼을?(?:은)?(?:아직)?(?:안했|못했|안한|못한) 아직결혼(?:전|안|을안)",
    },
    "home": {
        "False": "무주택 집이?없(?!이) 내집이?없 집은?없 자가가?없 주택을?(?:소유하지않|보유하지않) 주택이?없",
        "True": "유주택 자가에살 자가(?:~|보유|소유) 집을(?:샀|사서|마련했|보유|소유) 집샀 집이?(?:있어요|있는데|있습) 주택을?(?:소유|보유)(?:하고|중|한)",
    },
    "special": {
        "disabled": "장애인(?!식개선) 장애가?있 장애등급 휠체어(?:를)?타",
        "single_parent": "한부모 싱글맘 싱글대디 미혼모 미혼부(?!부) 혼자애를?키우 혼자애키 혼자아이를?키우",
        "basic_livelihood": "기초수급 기초생활수급 기초생활보장수급 생계급여를?(?:받고|받는|수급)",
        "soldier": "군인(?:~|가족) 군복무중 군대에있 현역(?:~|군인|병) 이병~ 일병~ 상병~ 병장~ 사회복무요원 공익(?:~|근무|요원) 직업군인 입대했",
        "farmer": "농사를?(?:짓|지어|지으|지은) 농부~ 농업인~ 영농종사",
        "women": "여성(?:~|청년|구직자) 여자(?:~|혼자|청년) 경력단절여성 임신부 임산부 임신중 임신\\d 임신했",
        "small_business": "중소기업$works 중소기업(?:직장인|재직)",
    },
    "not_special": {"women": "남성(?:~|청년) 남자(?:~|혼자|청년)"},
    "major": {
        "humanities": "인문대 인문계열$studied 국문과 영문과 사학과 철학과 어문계열",
        "social": "사회과학$studied 사회학과 행정학과 정치외교 심리학과 법학과 미디어학과 신문방송",
        "business": "상경계열$studied 경영학과 경영학$studied 경제학과 경제학$studied 회계학과 무역학과",
        "science": "자연과학$studied 수학과 물리학과 화학과 생물학과 생명과학과 통계학과",
        "engineering": "공대(?:생|$studied) 공학과 공학$studied 컴공 전산과 기계과 전자과 건축학과 토목과",
        "arts_sports": """예체능$studied 미대$studied 음대$studied 체대$studied 미술$studied 음악$studied 체육$studied 무용$studied
            디자인$studied""",
        "agriculture": "농대$studied 농학$studied 농업$studied",
    },
}


@dataclass(frozen=True)
class Saying:
    """Words that state that `field` is `value`; `pattern` is anchored by `match` where it begins."""

    field: str
    value: str
    pattern: re.Pattern[str]


@cache
def sayings() -> dict[str, tuple[Saying, ...]]:
    """First two letters -> the sayings that begin so, in the order above."""
    parts = {"$works": _WORKS, "$studies": _STUDIES, "$finished": _FINISHED, "$studied": _STUDIED}
    found: dict[str, list[Saying]] = defaultdict(list)
    for field, values in _SAYINGS.items():
        for value, words in values.items():
            for word in words.split():
                source = word
                for name, pattern in parts.items():
                    source = source.replace(name, pattern)
                if field == "major" and word.endswith("과"):
                    source += _STUDIED
                saying = Saying(field, value, re.compile(source.replace("~", _IS)))
                heads = {word[:2]}
                if word[2:3] == "?":  # "집이?없" begins with 집이 or 집없
                    heads = {word[:2], word[0] + word[3]}
                for head in heads:
                    found[head].append(saying)
    return {head: tuple(group) for head, group in found.items()}
