"""Answers in Korean from the records of the request: quoted, never computed."""

import re

from finq.policies.programmes import named
from finq.policies.understanding import residence
from finq_local.bedrock.rules import facts
from finq_local.bedrock.rules.prompt import PolicyText, Prompt
from finq_local.bedrock.rules.querying import on_topic, ordinal
from finq_local.bedrock.rules.routing import asks_about_finq, is_follow_up, route

_LISTED = 3
_LISTED_AT_MOST = 5
_QUOTED = 170  # characters of a record's line
_NOT_IN_RECORD = "자료에 없어요. 기관에 확인해 주세요."
_CHECK = "신청하기 전에 담당 기관의 공고에서 최신 조건을 꼭 확인해 주세요."

_RECOMMEND = re.compile(
    r"추천|찾아|어떤\s*(게|것|거|정책|지원)|뭐가|뭐\s*있|있어|있나|있을까|모두|전부|받을\s*수\s*있는"
)
_MANY = re.compile(r"모두|전부|다\s*(알려|보여|찾아)|많이|다섯")
# what is asked -> field of the record
_ASPECTS = {
    r"서류|준비물|제출": "documents",
    r"언제|마감|기간|며칠|까지": "period",
    r"어떻게\s*신청|신청\s*방법|어디서|신청은\s*어떻게|어떻게\s*해": "how",
    r"얼마|금액|혜택|지원\s*내용|뭘\s*(받|줘|주)": "support",
    r"자격|조건|대상|나이|소득|(나도|저도|제가|나는|저는|내가)[^?]{0,12}(될|되|돼|가능)|가능(한|해|할|하)"
    r"|되나|될까|돼요|나오나|수\s*있(나|을까)": "verdict",
}
_ANNOUNCED = {
    "support": "지원내용을 알려 드릴게요.",
    "period": "신청기간을 알려 드릴게요.",
    "documents": "신청에 필요한 서류를 알려 드릴게요.",
    "how": "신청방법을 알려 드릴게요.",
}
_LABELS = {
    "support": "지원내용",
    "period": "신청기간",
    "verdict": "자격",
    "documents": "제출서류",
    "how": "신청방법",
    "address": "신청주소",
}

# list marks of records, which stand on lines of their own there
_MARK = re.compile(r"(?:^|\s)(?:[○●◦□■▪▶·•*ㅇ]|[-–](?=\s+\D))\s+")

_SMALL_TALK = (
    (r"고마|감사|땡큐|thank|ㄱㅅ|수고", "도움이 됐다니 기뻐요. 더 궁금한 지원이 생기면 언제든 물어봐 주세요!"),
    (r"잘\s*가|잘가|bye|바이|다음에|잘\s*자", "네, 다음에 또 만나요! 신청 마감일은 잊지 않게 저장해 두면 좋아요."),
    (r"", "안녕하세요! 나이와 사는 지역, 필요한 지원을 알려 주시면 받을 수 있는 청년정책을 찾아볼게요."),
)
_ABOUT = (
    "저는 청년정책을 찾아 드리는 FinQ예요. 나이, 지역, 취업 상태에 맞는 지원을 찾고, 신청기간과 제출서류를 "
    "알려 드릴 수 있어요.\n\n예를 들어 “서울에 사는 스물다섯 살인데 월세 지원 있어?”처럼 물어봐 주세요."
)


_CANNOT = "그 질문에는 제가 답하기 어려워요. "


def write(prompt: Prompt) -> str:
    """The answer's whole text, in 해요체; policies as `[[id]]`."""
    if prompt.policies is None:
        kind = route(prompt)
        if kind == "small_talk":
            return next(text for pattern, text in _SMALL_TALK if re.search(pattern, prompt.message, re.IGNORECASE))
        about = _ABOUT if asks_about_finq(prompt.message) or not prompt.message else f"{_CANNOT}{_ABOUT}"
        body = about if kind == "general" else _nothing(prompt)
        return "\n\n".join(filter(None, (_news(prompt), body)))
    focus = _focus(prompt)
    body = _one(focus, prompt) if focus else _several(prompt)
    return "\n\n".join(filter(None, (body, prompt.basis, _news(prompt), _CHECK if prompt.policies else "")))


def _focus(prompt: Prompt) -> PolicyText | None:
    """The policy that the message is about, if it is about one."""
    policies = prompt.policies or ()
    if not policies:
        return None
    best = max(policies, key=lambda policy: named(policy["name"], prompt.message))
    if named(best["name"], prompt.message) >= 0.65:
        return best
    before = prompt.named_before
    position = ordinal(prompt.message, len(before))
    pointed = before[position] if position is not None else ""
    if not pointed and before and _asked(prompt.message) and is_follow_up(prompt):
        pointed = prompt.spoken_of
    for policy in policies:
        if pointed and named(policy["name"], pointed) >= 0.65:
            return policy
    asked = _asked(prompt.message)
    if "verdict" in asked and any(policy.verdict == "not_eligible" for policy in policies):
        return None  # one is there only because it was asked about: it is refused, and others are offered
    if asked and not _RECOMMEND.search(prompt.message):
        return next((policy for policy in policies if policy.verdict != "not_eligible"), policies[0])
    return None


def _asked(message: str) -> list[str]:
    return [field for pattern, field in _ASPECTS.items() if re.search(pattern, message)]


def _one(policy: PolicyText, prompt: Prompt) -> str:
    """One policy: what was asked, and its period; everything if nothing in particular was asked."""
    asked = _asked(prompt.message)
    shown = [*asked, "period"] if asked else ["support", "verdict", "period", "documents", "how"]
    if "how" in shown:
        shown.append("address")
    lines = [
        f"- {_LABELS[field]}: {_quote(_said(policy, field), 400) or _NOT_IN_RECORD}"
        for field in dict.fromkeys(shown)
        if policy[field] or field in asked
    ]
    if "verdict" in shown:
        lines += _limits(policy)
    if policy["similar"]:
        lines.append(f"- 같은 사업의 다른 공고: {_quote(policy['similar'])}")
    return "\n".join([_answer(policy, asked), "", *lines])


def _answer(policy: PolicyText, asked: list[str]) -> str:
    """The first sentence."""
    name = f"[[{policy.id}]]"
    if policy.verdict == "not_eligible":
        return _refusal(policy)
    if policy.closed:
        return f"{name} 신청기간은 지났어요. 다음 공고가 나오는지 기관에 확인해 주세요."
    if not asked or asked[0] == "verdict":
        if policy.verdict == "eligible":
            opening = f"{name} 신청은 지금 조건으로 가능해요."
        elif excluded := _excluded(policy):
            opening = (
                f"{name} 공고의 참여 제한에 {excluded} 항목이 있어요. 해당하면 신청할 수 없어요.{_because(policy)}"
            )
        elif any(reason.endswith("어려울 수 있어요") for reason in _reasons(policy)):
            opening = f"{name} 신청은 어려울 수 있어요.{_because(policy)}"
        else:
            opening = f"{name} 신청은 조건을 조금 더 확인해야 해요.{_because(policy)}"
    else:
        opening = f"{name} {_ANNOUNCED[asked[0]]}"
    return opening + (" 다만 아직 신청 시작 전이에요." if policy.upcoming else "")


def _limits(policy: PolicyText) -> list[str]:
    labels = {"age": "나이", "region": "지역", "conditions": "추가조건", "exclusions": "참여제한"}
    return [f"- {label}: {_quote(policy[field])}" for field, label in labels.items() if policy[field]]


def _several(prompt: Prompt) -> str:
    policies = prompt.policies or ()
    open_ones = [policy for policy in policies if policy.verdict != "not_eligible" and not policy.closed]
    # What is asked for before what one is sure to get; stable: the search's order within.
    open_ones.sort(key=lambda policy: (not _fits(policy, prompt), policy.verdict != "eligible"))
    if open_ones and _fits(open_ones[0], prompt):
        open_ones = [policy for policy in open_ones if _fits(policy, prompt)]
    ruled_out = [policy for policy in policies if policy.verdict == "not_eligible"]
    over = [policy for policy in policies if policy.verdict != "not_eligible" and policy.closed]
    parts = []
    if open_ones:
        shown = open_ones[: _LISTED_AT_MOST if _MANY.search(prompt.message) else _LISTED]
        fitting = _fits(shown[0], prompt)
        parts.append(_opening(prompt, certain=shown[0].verdict == "eligible", fitting=fitting))
        parts += [_item(policy) for policy in shown]
    else:
        parts.append(_nothing(prompt))
    refusals = [_refusal(policy) for policy in ruled_out]
    place_asked_about = any(_elsewhere(policy) and policy["region"][:2] in prompt.message for policy in ruled_out)
    if place_asked_about or "verdict" in _asked(prompt.message):
        parts = [*refusals, *parts]
    else:
        parts += refusals
    parts += [f"[[{policy.id}]] 신청기간은 지났어요. ({_quote(policy['period'])})" for policy in over]
    return "\n\n".join(parts)


def _fits(policy: PolicyText, prompt: Prompt) -> bool:
    return on_topic(prompt.message, " ".join(policy[field] for field in ("name", "summary", "support")))


def _opening(prompt: Prompt, *, certain: bool, fitting: bool) -> str:
    person = _person(prompt)
    basis = f"{person} 기준으로 " if person else ""
    if not fitting:
        other = "신청할 수 있는 다른 정책이에요." if certain else "조건을 더 확인해 볼 만한 다른 정책이에요."
        return f"물어보신 지원과 꼭 맞는 정책은 찾지 못했어요. 대신 {basis}{other}"
    if certain:
        return f"{basis}신청할 수 있는 정책을 찾았어요."
    return f"{basis}맞을 만한 정책을 찾았어요. 신청할 수 있는지는 조건을 조금 더 확인해야 해요."


def _item(policy: PolicyText) -> str:
    lines = [f"- [[{policy.id}]]"]
    if benefit := policy["support"] or policy["summary"]:
        lines.append(f"  - 지원내용: {_quote(benefit)}")
    limits = ", ".join(
        policy[field] if policy[field].startswith(label) else f"{label} {policy[field]}"
        for field, label in (("age", "나이"), ("region", "지역"))
        if policy[field]
    )
    judged = "신청 가능해요" if policy.verdict == "eligible" else f"확인이 필요해요{_because(policy)}"
    lines.append(f"  - 자격: {limits + ' → ' if limits else ''}{judged}")
    if policy["period"]:
        lines.append(f"  - 신청기간: {_said(policy, 'period')}" + (" 아직 시작 전이에요." if policy.upcoming else ""))
    if policy["documents"]:
        lines.append(f"  - 제출서류: {_quote(policy['documents'])}")
    if policy["how"]:
        lines.append(f"  - 신청방법: {_quote(policy['how'])}")
    if policy["address"]:
        lines.append(f"  - 신청주소: {policy['address']}")
    return "\n".join(lines)


def _said(policy: PolicyText, field: str) -> str:
    """A field less what it says twice: "상시 (상시)"."""
    return re.sub(r"^(.+?) \(\1\)$", r"\1", policy[field])


def _refusal(policy: PolicyText) -> str:
    lives = f" 거주지 조건이 있어 {policy['region']}에 살아야 받을 수 있어요." if _elsewhere(policy) else ""
    return f"[[{policy.id}]] 신청은 지금 조건으로는 어려워요.{lives}{_because(policy)}"


def _elsewhere(policy: PolicyText) -> bool:
    """Whether one would have to live in another place."""
    what = f"{policy['region']}: "
    return bool(policy["region"]) and any(one.startswith(what) and _rules_out(one) for one in _reasons(policy))


def _because(policy: PolicyText) -> str:
    """The reasons that decided the judgement, in brackets."""
    reasons = _reasons(policy)
    decisive = [one for one in reasons if _rules_out(one)] or [one for one in reasons if not one.endswith(": 가능")]
    # What only has to be checked is said once, before the brackets.
    return f" ({'; '.join(one.removesuffix(': 확인 필요') for one in decisive or reasons)})" if reasons else ""


def _excluded(policy: PolicyText) -> str:
    """The record's exclusion that names what the person said to be, in quotation marks, if there is one."""
    found = (re.match(r"참여 제한 (‘[^’]+’)", reason) for reason in _reasons(policy))
    return next((match[1] for match in found if match), "")


def _rules_out(reason: str) -> bool:
    return reason.endswith(("해당 없음", "불가", "아님"))


def _reasons(policy: PolicyText) -> list[str]:
    """Of "확인 필요 (만 19~34세: 가능; 무주택자: 확인 필요)" what stands in the brackets."""
    found = re.search(r"^[^(（]*[(（](.*)[)）]\s*$", policy["verdict"])
    return [reason.strip() for reason in found[1].split(";") if reason.strip()] if found else []


def _person(prompt: Prompt) -> str:
    """ "만 25세·서울" as told now, else as the profile says."""
    age = facts.age(prompt.message, prompt.profile.get("today", ""))
    told_age = f"만 {age}세" if age is not None else prompt.profile.get("age", "")
    return "·".join(filter(None, (told_age, _home(prompt))))


def _home(prompt: Prompt) -> str:
    """The place that FinQ itself takes for the person's, in the words of the message, else of the profile."""
    told = residence.find(prompt.message).region
    return prompt.message[told.start : told.end] if told else prompt.profile.get("region", "")


def _nothing(prompt: Prompt) -> str:
    known = {
        "나이": bool(prompt.profile.get("age")) or facts.age(prompt.message) is not None,
        "사는 지역": bool(_home(prompt)),
        "취업 상태": bool(prompt.profile.get("employment")) or facts.employment(prompt.message) is not None,
    }
    missing = next((name for name, told in known.items() if not told), None)
    advice = (
        f"{missing}{'를' if missing.endswith(('이', '태')) else '을'} 알려 주시면 더 잘 찾아볼게요."
        if missing
        else "필요한 지원을 주거, 취업, 저축처럼 다른 말로 알려 주시면 다시 찾아볼게요."
    )
    return f"지금 조건에 맞는 정책을 찾지 못했어요. {advice}"


def _news(prompt: Prompt) -> str:
    items = [
        f"- {result.title}: {_quote(result.content, 120)}" if result.content else f"- {result.title}"
        for result in prompt.web_results
        if result.title
    ]
    if not items:
        return ""
    return "\n".join(["웹에서 찾은 소식도 있어요. 정책 자료와 다르면 기관에 확인해 주세요.", *items])


def _quote(text: str, limit: int = _QUOTED) -> str:
    """The record's own words, cut at a sentence or word where they are too long."""
    text = _MARK.sub(" · ", " ".join(text.split())).removeprefix(" · ")
    if len(text) <= limit:
        return text
    cut = text[:limit]
    end = max(cut.rfind(". "), cut.rfind("다 "), cut.rfind("요 "))
    return cut[: end + 1] if end > limit // 2 else f"{cut[: cut.rfind(' ')] if ' ' in cut else cut}…"
