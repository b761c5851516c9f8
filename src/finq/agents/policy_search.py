"""Policy search: query rewriting, facts stated in the message, search inside eligibility, one wider retry."""

import re
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from finq.agents import deadlines
from finq.agents.conversation import Question
from finq.agents.models import Model
from finq.agents.prompting import conversation, profile_tag
from finq.agents.run import Ledger
from finq.errors import ServiceUnavailable, TooManyRequests
from finq.observability import logger, timed
from finq.policies import codes
from finq.policies.card import PolicyCard, SimilarPolicy, card
from finq.policies.eligibility import Applicant, assess
from finq.policies.filters import NOT_CLOSED, PolicyFilter
from finq.policies.model import ApplicationStatus, Policy
from finq.policies.programmes import named
from finq.policies.search import Hit, PolicySearch
from finq.policies.understanding import Age, Fact, Merged, Stated, confirmation, merge, together, understand

_WANTED = 5
_ANY_STATUS: frozenset[ApplicationStatus] = NOT_CLOSED | {"closed"}
_LOOKED_UP = 2
_LOOKED_THROUGH = 3
_SIMILAR = 5
_QUERY_CHARACTERS = 300
_NAMED = 0.65  # from there on, a message asks for a policy by its name

_ASKS_FOR_ADVICE = re.compile(r"추천|골라")  # whatever the person may get, rather than one policy by name
_ASKS_WHETHER = re.compile(  # "되나요", "받을 수 있을까요", "나와요", "신청하려고요"; not "받을 수 있는 거"
    r"되나|되는지|되죠|된\s?거죠|될까|되요|돼|가능(?:한가|할까|해|하나|하지)|수\s*있(?:나|을까|어요|는지|습니까|을지)|나오나|나와요|자격이?\s*(?:있|되)"
    r"|(?:신청|가입|참여|발급|입주)\s?(?:하려|할려|하고\s?싶|받고\s?싶|받을래|하는\s?(?:법|방법)|방법|은?\s?어디|은?\s?어떻게)|(?:들|들어가)고\s?싶"
)


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
    education: Annotated[str | None, WrapValidator(_or_none)] = Field(
        None, json_schema_extra={"enum": [*codes.EDUCATION, None]}
    )
    marital_status: Annotated[Literal["married", "single"] | None, WrapValidator(_or_none)] = None
    annual_income: Annotated[int | None, WrapValidator(_or_none)] = None
    owns_home: Annotated[bool | None, WrapValidator(_or_none)] = None


@dataclass(frozen=True)
class Found:
    """A retrieved policy with its card for this person."""

    policy: Policy
    card: PolicyCard


@dataclass(frozen=True)
class Findings:
    """What the search gave, for whom, and the query that was used.

    `conflicts` are Korean sentences: where the message overruled the profile, and on what basis was searched.
    """

    query: str
    applicant: Applicant
    found: tuple[Found, ...] = ()
    conflicts: tuple[str, ...] = ()


def stated_facts(plan: SearchPlan, question: Question) -> Merged:
    """The profile with what the person's messages state put over it, read by rules first.

    The plan, a model's reading, fills in what the rules left open, and only where the person's own words bear it
    out: nothing that an earlier answer quoted, and nothing invented, may change whom the search is for.
    """
    turns = [*(turn.text for turn in question.history if turn.role == "user"), question.text]
    told = together([understand(turn, question.today) for turn in turns])
    return merge(question.applicant, _filled_in(told, plan, "\n".join(turns), question.today))


def _filled_in(told: Stated, plan: SearchPlan, words: str, today: date) -> Stated:
    def unless_told(name: str, value: Any, borne_out: bool) -> None:
        if getattr(told, name) is None and borne_out:
            read[name] = Fact(value, 0, 0)  # a model gives no span

    read: dict[str, Any] = {}
    if plan.age is not None and 0 <= plan.age <= 120:
        unless_told("age", Age(plan.age, plan.age), confirmation.says_age(words, plan.age, today))
    for name, table in (("employment", codes.EMPLOYMENT), ("education", codes.EDUCATION)):
        value = getattr(plan, name)
        unless_told(name, value, value in table and confirmation.says(value, words))
    if plan.marital_status:
        unless_told("marital_status", plan.marital_status, confirmation.says(plan.marital_status, words))
    if plan.annual_income is not None and plan.annual_income > 0:
        unless_told("annual_income", plan.annual_income, confirmation.says_income(words, plan.annual_income))
    if plan.owns_home is not None:
        unless_told("owns_home", plan.owns_home, confirmation.says("home", words))
    code = confirmation.region(plan.region, words) if plan.region else None
    if code and not told.several_regions:
        unless_told("region_code", code, not told.region_candidates or code in told.region_candidates)
    if "region_code" in read:
        read["region_candidates"] = ()
    return replace(told, **read)


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
        merged = stated_facts(plan, question)
        applicant = merged.applicant
        with timed(ledger.timings, "search"):
            hits, basis = self._retrieve(plan, question, applicant)
        found = tuple(Found(hit.policy, card(hit.policy, applicant, question.today, _similar(hit))) for hit in hits)
        return Findings(plan.query, applicant, found, (*merged.conflicts, *basis))

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

    def _retrieve(self, plan: SearchPlan, question: Question, applicant: Applicant) -> tuple[list[Hit], list[str]]:
        """The hits, and Korean sentences on how they were chosen."""
        asked = understand(question.text, question.today)
        statuses = _ANY_STATUS if asked.closed else NOT_CLOSED
        eligible = PolicyFilter(question.today, applicant, statuses=statuses)
        query = self._search.embed(plan.query)
        by_deadline = deadlines.asked_for(asked)
        limit = deadlines.LOOKED_AMONG if by_deadline else _WANTED
        hits = self._search.nearest(query, eligible, limit=limit, places=asked.places_asked_about)
        if len(hits) < _WANTED and plan.wider_query and plan.wider_query != plan.query:
            hits = _merge(hits, self._search.search(plan.wider_query, eligible, limit=_WANTED))[:_WANTED]
        words = f"{question.text} {plan.query}"
        by_name = any(named(hit.policy.name, words) >= _NAMED for hit in hits[:_WANTED])
        basis: list[str] = []
        if by_deadline:
            if not by_name:
                hits, said = deadlines.in_time_first(hits, asked, question.today)
                basis.append(said)
            hits = hits[:_WANTED]
        if by_name or _ASKS_FOR_ADVICE.search(question.text):
            return hits, basis
        # Asked about, but closed or not for this person: the answer has to say why.
        anyone = replace(eligible, applicant=Applicant(), statuses=_ANY_STATUS)
        places = [*([applicant.region_code] if applicant.region_code else []), *asked.places_asked_about]
        nearest = self._search.nearest(query, anyone, limit=_LOOKED_THROUGH, places=places)
        here = [hit for hit in nearest if not _of_another_place(hit, asked, applicant)]
        meant = [hit for hit in here if named(hit.policy.name, words) >= _NAMED]
        if not meant and _ASKS_WHETHER.search(question.text):
            # What answers best of all is what is asked about, though the person does not qualify.
            meant = list(takewhile(lambda hit: assess(hit.policy, applicant).status == "not_eligible", here))
        return _merge(hits, meant[:_LOOKED_UP]), basis


def _of_another_place(hit: Hit, asked: Stated, applicant: Applicant) -> bool:
    """Whether it only shares its name with what is asked for: the question names places, and it is in none of them."""
    if asked.region_code is None:
        return False
    places = (applicant.region_code, *asked.places_asked_about)
    return all(_ruled_out_by_place(hit, applicant.model_copy(update={"region_code": place})) for place in places)


def _ruled_out_by_place(hit: Hit, applicant: Applicant) -> bool:
    reasons = assess(hit.policy, applicant).reasons
    return any(reason.limit == "region" and reason.status == "not_eligible" for reason in reasons)


def _similar(hit: Hit) -> list[SimilarPolicy]:
    return [
        SimilarPolicy(id=other.policy_id, name=other.name, region_text=other.region_text)
        for other in hit.similar[:_SIMILAR]
    ]


def _merge(first: list[Hit], second: list[Hit]) -> list[Hit]:
    seen = {hit.policy.id for hit in first}
    return first + [hit for hit in second if hit.policy.id not in seen]
