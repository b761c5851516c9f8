"""Policy search: query rewriting, facts stated in the message, search inside eligibility, one wider retry."""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from finq.agents.conversation import Question
from finq.agents.models import Model
from finq.agents.prompting import conversation, profile_tag
from finq.agents.run import Ledger
from finq.errors import ServiceUnavailable, TooManyRequests
from finq.observability import logger, timed
from finq.policies import codes, regions
from finq.policies.card import PolicyCard, card
from finq.policies.eligibility import Applicant
from finq.policies.filters import NOT_CLOSED, PolicyFilter
from finq.policies.model import ApplicationStatus, Policy
from finq.policies.search import Hit, PolicySearch

_WANTED = 5
_ANY_STATUS: frozenset[ApplicationStatus] = NOT_CLOSED | {"closed"}
_LOOKED_UP = 2
_LOOKED_THROUGH = 3
_QUERY_CHARACTERS = 300
_NAMED = 0.65  # share of a policy name's letter pairs that the message must hold to be asking for it by name

_ASKS_FOR_ADVICE = re.compile(r"추천|골라")  # whatever the person may get, rather than one policy by name
# Said of policies: who tells that their own job, lease or school ended does not want what is closed.
_OFFER = r"(?:정책|사업|공고|모집|접수|신청|지원금?|통장|적금|대출|장학금)"
_ASKS_FOR_CLOSED = re.compile(
    rf"마감(?:된|됐|되었|한)|(?:지난|끝난|종료된)\s*(?:청년\s*)?(?:{_OFFER}|것|거)"
    rf"|작년에?\s*(?:있던\s*|하던\s*|했던\s*)?(?:청년\s*)?{_OFFER}"
    rf"|{_OFFER}(?:이|은|는|가|도)?\s*(?:이미\s*|벌써\s*)?(?:끝난|끝났|종료)"
)
_TENS = {"열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50}
_ONES = ("", "한|하나", "두|둘", "세|셋", "네|넷", "다섯", "여섯", "일곱", "여덟", "아홉")
# Words without which nobody has said so; which of the states they mean is the model's to tell.
_SAYS_EMPLOYMENT = {
    "employed": re.compile(
        r"재직|직장|회사|근무|일하|일해|입사|취업(?:했|한|해)|취직|정규직|계약직|다니|다녀|월급|공무원"
    ),
    "self_employed": re.compile(r"자영업|소상공인|가게|장사|사업|사장|대표"),
    "unemployed": re.compile(
        r"미취업|취준|취업\s*(?:을\s*)?(?:준비|못|안)|구직|백수|무직|실업|실직|퇴사|퇴직|그만|해고|쉬고|쉬는|놀고"
        r"|일(?:을|자리)?\s*(?:안|못|없|찾|구하)|직장(?:이|도)?\s*없"
    ),
    "freelancer": re.compile(r"프리랜서|프리랜싱|외주"),
    "day_labourer": re.compile(r"일용|일당|막노동|노가다|공사장"),
    "founder": re.compile(r"창업|스타트업"),
    "short_term": re.compile(r"알바|아르바이트|단기|파트\s*타임|시간제"),
    "farmer": re.compile(r"농"),
}
_BIRTH_YEAR = re.compile(r"(?<!\d)(\d{4}|\d{2})\s*년\s*생")


def _or_none(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """An optional field that does not validate is left out; the rest of the plan stays usable."""
    try:
        return validate(value)
    except ValidationError:
        return None


class SearchPlan(BaseModel):
    """What to look for, and what the person says about themselves in the message."""

    model_config = ConfigDict(title="search_query", frozen=True, extra="ignore")

    query: str
    wider_query: str = ""
    age: Annotated[int | None, WrapValidator(_or_none)] = None
    region: Annotated[str | None, WrapValidator(_or_none)] = None
    employment: Annotated[str | None, WrapValidator(_or_none)] = Field(
        None, json_schema_extra={"enum": [*codes.EMPLOYMENT, None]}
    )


@dataclass(frozen=True)
class Found:
    """A retrieved policy with its card for this person."""

    policy: Policy
    card: PolicyCard


@dataclass(frozen=True)
class Findings:
    """What the search gave, for whom, and the query that was used."""

    query: str
    applicant: Applicant
    found: tuple[Found, ...] = ()


def stated_facts(plan: SearchPlan, question: Question) -> Applicant:
    """The profile with what the message states put over it.

    The plan is a model's reading, so each fact counts only if the user's own words bear it out: nothing that an
    earlier answer quoted, and nothing invented, may change whom the search is for.
    """
    words = " ".join([*(turn.text for turn in question.history if turn.role == "user"), question.text])
    known = question.applicant
    facts: dict[str, Any] = {}
    if plan.age is not None and 0 <= plan.age <= 120 and _says_age(words, plan.age, question.today.year):
        facts["age"] = plan.age
    region_code = _stated_region(plan.region, words)
    # "서울" said by somebody from 서울 관악구 tells nothing new and must not lose the district.
    if region_code and not (known.region_code or "").startswith(region_code):
        facts["region_code"] = region_code
    said = _SAYS_EMPLOYMENT.get(plan.employment or "")
    if said and said.search(words):
        facts["employment"] = plan.employment
    return known.model_copy(update=facts)


def _says_age(words: str, age: int, year: int) -> bool:
    """Whether `words` hold the age, in digits, in letters or as a year of birth (of which 만 나이 may be one less)."""
    if re.search(rf"(?<!\d){age}(?!\d)", words):
        return True
    born = {int(digits) for digits in _BIRTH_YEAR.findall(words)}
    if born & {year - age, year - age - 1, (year - age) % 100, (year - age - 1) % 100}:
        return True
    tens = "|".join(word for word, value in _TENS.items() if value == age // 10 * 10)
    ones = _ONES[age % 10]
    return bool(tens) and bool(re.search(rf"(?<![가-힣])(?:{tens})\s*(?:{ones or '살|이|인|입'})", words))


def asks_for_closed(message: str) -> bool:
    """Whether `message` asks for policies that one can no longer apply for, too."""
    return bool(_ASKS_FOR_CLOSED.search(message))


def _stated_region(region: str | None, words: str) -> str | None:
    code = regions.parse_region(region) if region and region.strip() and len(region) <= 40 else None
    if region is None or code is None:
        return None
    compact = "".join(words.split())
    said = region.split()[-1][:2] in compact or (len(code) == 2 and regions.SIDO_SHORT.get(code, region) in compact)
    return code if said else None


def _letter_pairs(text: str) -> set[str]:
    letters = re.sub(r"[\W_\d]+", "", text)
    return {letters[i : i + 2] for i in range(len(letters) - 1)}


def named_in(name: str, words: str) -> bool:
    """Whether `words` ask for the policy called `name`, spacing, year and brackets aside."""
    pairs = _letter_pairs(re.sub(r"\[[^\]]*\]|\([^)]*\)", "", name))
    return bool(pairs) and len(pairs & _letter_pairs(words)) / len(pairs) >= _NAMED


class PolicySearcher:
    def __init__(self, model: Model, search: PolicySearch) -> None:
        self._model = model
        self._search = search

    def find(self, question: Question, ledger: Ledger) -> Findings:
        """Policies for the question, best first: those the person may get, then those asked for by name.

        Raises:
            ModelUnavailable: the configured model cannot be used at all.
            ServiceUnavailable: neither vector store nor database answers.
        """
        with timed(ledger.timings, "query"):
            plan = self._plan(question, ledger)
        applicant = stated_facts(plan, question)
        with timed(ledger.timings, "search"):
            hits = self._retrieve(plan, question, applicant)
        found = tuple(Found(hit.policy, card(hit.policy, applicant, question.today)) for hit in hits)
        return Findings(plan.query, applicant, found)

    def _plan(self, question: Question, ledger: Ledger) -> SearchPlan:
        messages = conversation("search", question, profile_tag(question.applicant, question.interests, question.today))
        try:
            plan = self._model.ask(SearchPlan, messages, ledger)
        except (TooManyRequests, ServiceUnavailable):
            plan = None
        if plan is None or not plan.query.strip():
            logger.warning("no usable search query; searching for the message itself")
            plan = SearchPlan(query=question.text)
        return plan.model_copy(
            update={
                "query": plan.query[:_QUERY_CHARACTERS],
                "wider_query": plan.wider_query[:_QUERY_CHARACTERS].strip(),
            }
        )

    def _retrieve(self, plan: SearchPlan, question: Question, applicant: Applicant) -> list[Hit]:
        statuses = _ANY_STATUS if asks_for_closed(question.text) else NOT_CLOSED
        eligible = PolicyFilter(question.today, applicant, statuses=statuses)
        vector = self._search.embed(plan.query)
        hits = self._search.nearest(vector, eligible, limit=_WANTED)
        if len(hits) < _WANTED and plan.wider_query and plan.wider_query != plan.query:
            hits = _merge(hits, self._search.search(plan.wider_query, eligible, limit=_WANTED))[:_WANTED]
        words = f"{question.text} {plan.query}"
        if _ASKS_FOR_ADVICE.search(question.text) or any(named_in(hit.policy.name, words) for hit in hits):
            return hits
        # Asked about by name, but closed or not for this person: the answer has to say why.
        anyone = replace(eligible, applicant=Applicant(), statuses=_ANY_STATUS)
        nearest = self._search.nearest(vector, anyone, limit=_LOOKED_THROUGH)
        named = [hit for hit in nearest if named_in(hit.policy.name, words)]
        return _merge(hits, named[:_LOOKED_UP])


def _merge(first: list[Hit], second: list[Hit]) -> list[Hit]:
    seen = {hit.policy.id for hit in first}
    return first + [hit for hit in second if hit.policy.id not in seen]
