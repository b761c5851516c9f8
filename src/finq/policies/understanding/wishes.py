"""What the message asks for beside the topic: kinds of support, deadlines, policies already closed."""

import re
from datetime import date, timedelta

from finq.policies import codes
from finq.policies.understanding.stated import Fact

_SOON = timedelta(days=14)
_CATEGORY_WORDS = {
    "일자리": r"취업|취직|구직|일자리|면접|인턴|창업|자격증|응시료|이력서|정장|재직|근속|근로|채용|농사|영농|실업"
    r"|소상공인|사업자금",
    "주거": r"월세|전세|주거|보증금|임대|주택|이사|중개|복비|기숙사|자취|셰어하우스|원룸|집\s?(?:구|값|사)|대출\s?이자",
    "교육": r"장학|학자금|등록금|교육|훈련|강의|배우|어학|토익|학원|연수|학비|대학|공부",
    "복지문화": r"적금|통장|저축|자산|금융|대출|문화|공연|영화|여행|건강|상담|심리|의료|병원|교통비|출산|임신|결혼"
    r"|육아|돌봄|생활비|수당|기본소득|보험|운동|산후|장려금|빚|채무",
    "참여권리": r"참여|위원|네트워크|정책\s?제안|권리|협의체|동아리|모임|봉사|서포터즈|기자단|청년\s?(?:공간|센터)"
    r"|리포터",
}
_CATEGORIES = {name: re.compile(pattern) for name, pattern in _CATEGORY_WORDS.items()}

_BY_THEN = r"\s*+(?:말\s*+)?+(?:까지|마감|안에|안으로|내에|내로|에\s*(?:마감|끝나))"
_DAYS = re.compile(
    rf"(?P<today>오늘){_BY_THEN}|(?P<tomorrow>내일){_BY_THEN}|(?P<week>이번\s*주){_BY_THEN}|(?P<next_week>다음\s*주){_BY_THEN}"
    rf"|(?P<month>이번\s*달|이\s?달){_BY_THEN}|(?P<next_month>다음\s*달){_BY_THEN}|(?P<year>올해){_BY_THEN}"
    r"|(?P<soon>곧\s*(?:마감|끝나)|마감\s*(?:임박|직전|앞둔|얼마\s*안)|마감이?\s*얼마\s*안)"
)
_ABOUT_APPLYING = re.compile(r"마감|신청|접수|모집|지원|정책|공고")
_ALWAYS = re.compile(
    r"상시(?!근로)|언제든지?\s*(?:신청|지원|접수)|아무\s?때나\s*(?:신청|지원)|연중\s*(?:모집|접수|신청)"
)

# Said of policies: who tells that their own job, lease or school ended does not want what is closed.
_OFFER = r"(?:정책|사업|공고|모집|접수|신청|지원금?|통장|적금|대출|장학금)"
_ASKS_FOR_CLOSED = re.compile(
    rf"마감(?:된|됐|되었|한)|(?:지난|끝난|종료된)\s*(?:청년\s*)?(?:{_OFFER}|것|거)"
    rf"|작년에?\s*(?:있던\s*|하던\s*|했던\s*)?(?:청년\s*)?{_OFFER}"
    rf"|{_OFFER}(?:이|은|는|가|도)?\s*(?:이미\s*|벌써\s*)?(?:끝난|끝났|종료)"
)

# "청년을 뽑으면 인건비가 나오나요", said by who employs; not "저를 채용하면" or "채용하려는 회사".
_EMPLOYS = re.compile(r"(?:채용|고용)\s?하(?:면|려(?:고|면|는데))|뽑으(?:면|려(?:고|면|는데))")
_OWN_JOB = re.compile(r"(?:저를|나를|절|날)\s*(?:채용|고용|뽑)")


def categories(text: str) -> tuple[str, ...]:
    """Names of `codes.CATEGORIES` that the words point to: a hint for ranking, never a limit."""
    return tuple(name for name in codes.CATEGORIES if _CATEGORIES[name].search(text))


def apply_by(text: str, today: date) -> Fact[date] | None:
    """The last day that "이번 주 마감", "이번 달까지 신청" or "곧 마감" (two weeks) means."""
    match = _DAYS.search(text)
    if match is None or not _ABOUT_APPLYING.search(text):
        return None
    sunday = today + timedelta(days=6 - today.weekday())
    next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    last_days = {
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "week": sunday,
        "next_week": sunday + timedelta(days=7),
        "month": next_month - timedelta(days=1),
        "next_month": (next_month + timedelta(days=32)).replace(day=1) - timedelta(days=1),
        "year": date(today.year, 12, 31),
        "soon": today + _SOON,
    }
    return Fact(last_days[match.lastgroup or "soon"], match.start(), match.end())


def always_open(text: str) -> bool:
    """Whether only policies that one may apply for at any time are asked for."""
    return bool(_ALWAYS.search(text))


def asks_for_closed(text: str) -> bool:
    """Whether policies that one can no longer apply for are asked for, too."""
    return bool(_ASKS_FOR_CLOSED.search(text))


def support_for_employing(text: str) -> bool:
    """Whether support for employing others is asked for."""
    return bool(_EMPLOYS.search(text)) and not _OWN_JOB.search(text)
