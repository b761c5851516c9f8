"""Where a message goes, by what it talks about."""

import re

from finq.policies.understanding import circumstances, residence, wishes
from finq_local.bedrock.rules.prompt import Prompt

_GREETING = re.compile(
    r"^[\s\W]*(안녕|하이|헬로|hello|hi\b|반가|고마|감사|땡큐|thank|ㄱㅅ|수고|잘\s*가|잘가|bye|바이|다음에\s*(봐|올|또)|좋은\s*(하루|아침|밤)"
    r"|ㅎㅇ|ㅋ{2,}|ㅎ{2,}|심심|뭐\s*해|잘\s*(자|지내)|오키|ok\b|오케이|알겠|네[\s.!~]*$|응[\s.!~]*$)",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"지원|적금|저축|통장|계좌|월세|전세|보증금|주거|임대|주택|자취|취업|구직|일자리|알바|무료로|면접|인턴|창업|대출|이자|학자금|장학|등록금|교육비"
    r"|신청|자격|서류|정책|수당|혜택|보조|바우처|복지|청년|목돈|자산|훈련|응시료|자격증|교통비|건강|상담|마감|접수|문화|결혼|신혼|출산"
    r"|농촌|귀농|병역|군인|생활비|장려금|근로|받을\s*수\s*있|돈이?\s*(없|부족|필요)|카드|할인"
)
_ABOUT_FINQ = re.compile(
    r"(너|넌|당신|핀큐|finq|이\s*(앱|서비스|챗봇))[^?]{0,15}(누구|뭐|무엇|어떻게|소개|할\s*수|만들)|사용법|^\W*(이거|앱|핀큐|finq)?\s*쓰는\s*법"
    r"|개인정보",
    re.IGNORECASE,
)
_MEANING = re.compile(r"뜻|의미|(이|가|란|이란)\s*(뭐|무엇|무슨)|차이(가|는|점)|개념")
_NAMED_POLICY = re.compile(r"통장|계좌|적금|수당|장려금|패스|바우처|카드")
_FOLLOW_UP = re.compile(
    r"그거|그건|그걸|그\s*정책|이거|이건|이\s*정책|위(에|의)|아까|방금|[첫두세네]\s*번째|다섯\s*번째|\d\s*번|다른|더\s*(있|알|자세|보)|또\s*"
    r"|언제|어떻게|얼마|어디서|누가|조건|나도|나는|저도|저는|가능|되나|될까|돼\??$|그럼|그러면|마지막"
)
_OTHER_SERVICES = re.compile(
    r"날씨|기온|미세먼지|우산|(?<![가-힣])[비눈]이?\s?(?:와|온|올)|맛집|로또|주식|비트코인|코인|환율|시세|집값|운세|번역|노래|게임|축구|야구|영화\s*(추천|뭐)|레시피|요리법"
    r"|뭐\s*먹|뭐\s*입|메뉴|야식|드라마|여행지|여권|운전면허|벌점|주차|약국|택배|비행기|항공권|호텔|숙소|가는\s*(길|법|방법)|시간표"
)
# What "신청" and "지원" do not make a matter of young people's policies.
_FOR_OTHERS = re.compile(
    r"기초\s?연금|노령\s?연금|틀니|장기\s?요양|경로\s?(?:당|우대)|노인\s?(?:일자리|돌봄)|ESTA|(?<![소누])비자\s?(?:신청|발급(?!비)|면제|연장)"
    r"|(?:강아지|고양이|반려(?:견|묘|동물))[^.?!]{0,15}(?:수술|병원|치료|사료|접종|중성화)"
    r"|전기\s?(?:자동)?차[^.?!]{0,15}(?:보조금|지원금|구매)",
    re.IGNORECASE,
)
_ADVICE = re.compile(r"추천|골라")
_NEWS = re.compile(r"최신|최근|뉴스|소식|변경|바뀌|바뀐|달라|개편|발표|예산|소진|올해|내년|인상|폐지|연장")


def route(prompt: Prompt) -> str:
    """`policy_search`, `general` or `small_talk`."""
    message = prompt.message
    if not message or asks_about_finq(message) or _FOR_OTHERS.search(message):
        return "general"
    if _MEANING.search(message) and not _NAMED_POLICY.search(message) and not is_follow_up(prompt):
        return "general"
    if _POLICY.search(message):
        return "policy_search"
    if _GREETING.search(message):
        return "small_talk"
    return "policy_search" if is_follow_up(prompt) or prompt.policies or _tells_a_need(message) else "general"


def _tells_a_need(message: str) -> bool:
    """Whether it names a place, circumstances or a field of support, or asks for advice, as talk of policies does."""
    if _OTHER_SERVICES.search(message):
        return False
    home = residence.find(message)
    told, many = circumstances.find(message)
    named = home.region or home.candidates or home.several or _ADVICE.search(message)
    return bool(named or told or any(many.values()) or wishes.categories(message))


def asks_about_finq(message: str) -> bool:
    """Whether the message is about FinQ itself."""
    return bool(_ABOUT_FINQ.search(message))


def is_follow_up(prompt: Prompt) -> bool:
    """Whether the message leans on an earlier answer about policies."""
    return bool(_POLICY.search(prompt.last_answer) and _FOLLOW_UP.search(prompt.message))


def needs_news(message: str) -> bool:
    """Whether only recent news can answer."""
    return bool(_NEWS.search(message))
