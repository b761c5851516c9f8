"""A search query from a message: what is looked for and where, without politeness and age."""

import re

from finq_local.bedrock.rules import facts
from finq_local.bedrock.rules.prompt import Prompt
from finq_local.bedrock.rules.routing import is_follow_up

_FILLER = re.compile(
    r"안녕하세요|안녕|혹시|제발|진짜|너무|저는|나는|제가|내가|저도|나도|지금|현재|요즘|그럼|그러면|(같은|그런|이런)\s*(거|것|게)"
    r"|(그거|그건|그걸|이거|이건|그\s*정책|이\s*정책)(은|는|도|가)?"
    r"|(추천|소개|설명)(\s*해)?\s*(줘|주세요|주실|줄래|부탁|바라)\S*|(알려|찾아|말해|보여|가르쳐)\s*(줘|주세요|주실|줄래|봐)\S*"
    r"|추천(해|좀)?|받을\s*수\s*있(는|을까요?|나요|어요?|는지)?|(뭐|무엇|어떤\s*(게|것|거)|뭐가)\s*(이)?\s*있\S*"
    r"|있(을까요?|나요|어요?|는지|습니까)|(받|하)고\s*싶\S*|싶(어요?|은데요?)|궁금(해요?|합니다|한데)|필요(해요?|한데요?|합니다)"
    r"|언제(까지)?\S*|어떻게\s*(돼|되|하)\S*|되나요|될까요?|인가요|뭐야|뭐예요|힘들(어요?|다|어서)|부담(돼요?|되|이에요)\S*"
    r"|(?<=[가-힣])(인데요?|입니다|이에요|예요)(?![가-힣])|[?!.~,ㅠㅜㅋㅎ]+"
)
_PARTICLES = {"수", "거", "것", "게", "나", "저", "뭐", "중", "좀", "그", "더", "네", "꺼"}
# what is talked about -> a wider query of the same meaning
_TOPICS = {
    r"적금|저축|통장|계좌|목돈|자산": "청년 자산형성 저축 지원",
    r"월세|전세|주거|보증금|자취|임대|주택|(?<![가-힣])집": "청년 주거비 지원",
    r"창업": "청년 창업 지원",
    r"면접|취업|구직|일자리|인턴|취준": "청년 취업 구직활동 지원",
    r"장학|학자금|등록금|대학|교육|훈련|자격증|응시료|어학": "청년 교육비 지원",
    r"대출|이자|빚|채무|금융": "청년 금융 대출 이자 지원",
    r"문화|여가|공연|여행": "청년 문화 활동 지원",
    r"마음|우울|심리|상담|건강|의료": "청년 건강 심리상담 지원",
    r"결혼|신혼|출산|육아": "신혼부부 출산 육아 지원",
    r"교통|버스|지하철": "청년 교통비 지원",
    r"농업|농촌|귀농|영농": "청년 농업인 지원",
}
_ANY = "청년 지원 정책"
# asks about the policy just spoken of, rather than for others
_ABOUT_ONE = re.compile(
    r"그거|그건|그걸|그\s*정책|이거|이건|이\s*정책|서류|언제|마감|조건|자격|얼마|신청|어떻게|자세|나도|저도|될까|돼"
)
_ORDINALS = (r"첫\s*번째|1\s*번", r"두\s*번째|2\s*번", r"세\s*번째|3\s*번", r"네\s*번째|4\s*번", r"다섯\s*번째|5\s*번")


def search_query(prompt: Prompt) -> str:
    """A short query; words that point to an earlier answer become that policy's name."""
    wish = _wish(prompt.message)
    if not is_follow_up(prompt) or _topic(wish):
        return wish if len(wish) >= 2 else prompt.profile.get("interests", _ANY)
    named = prompt.named_before
    position = ordinal(prompt.message, len(named))
    if position is not None:
        return named[position]
    if named and _ABOUT_ONE.search(prompt.message):
        return f"{prompt.spoken_of} {wish}".strip()
    earlier = prompt.user_turns[-1] if prompt.user_turns else ""
    if place := facts.region(prompt.message):  # "그럼 부산은?"
        earlier = f"{place} {facts.without_home(earlier)}" if earlier else ""
    return _wish(earlier) or wish or _ANY


def _wish(text: str) -> str:
    """What a message asks for, in its own words, without politeness and age."""
    return " ".join(word for word in _FILLER.sub(" ", facts.without_age(text)).split() if word not in _PARTICLES)


def wider_query(prompt: Prompt) -> str:
    """The same wish in wider words."""
    return _topic(search_query(prompt)) or _topic(prompt.message) or _ANY


def ordinal(message: str, count: int) -> int | None:
    """0-based position that "두 번째" or "2번" points to, if there are so many."""
    for position, pattern in enumerate(_ORDINALS[:count]):
        if re.search(pattern, message):
            return position
    return count - 1 if count and "마지막" in message else None


def on_topic(message: str, text: str) -> bool:
    """Whether `text` is about what `message` asks for; a message without a topic fits everything."""
    pattern = next((pattern for pattern in _TOPICS if re.search(pattern, message)), "")
    return bool(re.search(pattern, text))


def _topic(text: str) -> str:
    return next((query for pattern, query in _TOPICS.items() if re.search(pattern, text)), "")
