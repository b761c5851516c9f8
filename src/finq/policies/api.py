"""Operations of /api/policies."""

from datetime import datetime
from functools import cache
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from finq import clock
from finq.accounts.claims import Claims
from finq.accounts.profiles import applicant_of
from finq.accounts.values import Category, Words, named, region_code
from finq.database import database
from finq.errors import InvalidInput
from finq.policies import codes, listing, notices, repository
from finq.policies.card import PolicyCard, card
from finq.policies.eligibility import Applicant, income_text
from finq.policies.embedding import TitanEmbedder
from finq.policies.filters import NOT_CLOSED, PolicyFilter
from finq.policies.model import ApplicationStatus, PolicyId
from finq.policies.recommend import Recommendations, recommend
from finq.policies.search import PolicySearch
from finq.policies.vectors.pgvector import PgVectorStore
from finq.rest import Query, operation
from finq.settings import EmbeddingSettings, load


class PolicyQuery(Query):
    """What to list. Only what is given limits the list."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    category: tuple[Category, ...] = Field((), max_length=5)
    region: Words | None = None
    age: int | None = Field(None, ge=0, le=120)
    employment: Words | None = None
    income: int | None = Field(None, ge=0, le=1_000_000)
    status: tuple[ApplicationStatus, ...] = Field((), max_length=5)
    sort: Literal["recommended", "deadline", "latest", "views"] = "recommended"
    limit: int = Field(20, ge=1, le=50)
    cursor: str | None = Field(None, min_length=1, max_length=500)


class LimitQuery(Query):
    """How many to recommend."""

    limit: int = Field(20, ge=1, le=50)


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True)


class PolicyPage(_Shown):
    """A page of cards; `next_cursor` is None on the last one."""

    items: tuple[PolicyCard, ...]
    next_cursor: str | None


class PolicyDetail(_Shown):
    """Everything the record says, and how the caller stands to it."""

    policy: PolicyCard
    keywords: tuple[str, ...]
    subcategories: tuple[str, ...]
    operator: str
    income_text: str
    application_text: str
    business_text: str
    how_to_apply: str
    selection: str
    documents_text: str
    extra_conditions: str
    exclusions: str
    notes: str
    reference_urls: tuple[str, ...]
    first_come: bool | None
    quota: int | None
    modified_at: datetime | None
    withdrawn: bool
    user_policy_id: UUID | None
    notices: tuple[notices.PolicyNotice, ...]


@cache
def _search() -> PolicySearch:
    # pgvector alone: the backend carries no Milvus client, and at this size both find the same.
    return PolicySearch(PgVectorStore(database), database, TitanEmbedder(load(EmbeddingSettings)))


@operation("listPolicies")
def list_policies(claims: Claims, query: PolicyQuery) -> PolicyPage:
    today = clock.today()
    asked = applicant_asked(query)
    policy_filter = PolicyFilter(
        today=today,
        applicant=asked,
        statuses=frozenset(query.status) or NOT_CLOSED,
        categories=frozenset(query.category),
    )
    if query.q:
        if query.cursor:
            raise InvalidInput(details={"fields": {"cursor": "검색 결과는 한 쪽뿐이에요. cursor 없이 보내 주세요."}})
        policies = tuple(hit.policy for hit in _search().search(query.q, policy_filter, query.limit))
        next_cursor = None
    with database.transaction() as connection:
        known, _ = applicant_of(connection, claims.sub, today)
        if not query.q:
            page = listing.page(connection, policy_filter, sort=query.sort, cursor=query.cursor, limit=query.limit)
            policies, next_cursor = page.policies, page.next_cursor
    person = known.updated(asked)
    return PolicyPage(items=tuple(card(policy, person, today) for policy in policies), next_cursor=next_cursor)


@operation("recommendPolicies")
def recommend_policies(claims: Claims, query: LimitQuery) -> Recommendations:
    today = clock.today()
    with database.transaction() as connection:
        applicant, interests = applicant_of(connection, claims.sub, today)
        return recommend(connection, claims.sub, applicant, interests, today=today, limit=query.limit)


@operation("getPolicy")
def get_policy(claims: Claims, id: PolicyId) -> PolicyDetail:
    today = clock.today()
    with database.transaction() as connection:
        policy = repository.get(connection, id)
        applicant, _ = applicant_of(connection, claims.sub, today)
        state = connection.execute(
            """
            SELECT p.withdrawn_at IS NOT NULL AS withdrawn, u.id AS user_policy_id
              FROM youth_policies p LEFT JOIN user_policies u ON u.policy_id = p.id AND u.user_id = %s
             WHERE p.id = %s
            """,
            [claims.sub, id],
        ).fetchone()
        news = notices.recent(connection, [id])
    texts = policy.model_dump(include=set(PolicyDetail.model_fields) & set(type(policy).model_fields))
    if policy.modified_at:
        texts["modified_at"] = policy.modified_at.replace(tzinfo=clock.KOREA)  # the records say no offset
    return PolicyDetail.model_validate(
        texts
        | {"policy": card(policy, applicant, today), "income_text": income_text(policy), "notices": news}
        | (state or {})
    )


def applicant_asked(query: PolicyQuery) -> Applicant:
    """The person that a query describes.

    Raises:
        InvalidInput: an unknown region or employment.
    """
    values: dict[str, str] = {}
    wrong: dict[str, str] = {}
    try:
        if query.region:
            values["region_code"] = region_code(query.region)
    except ValueError as error:
        wrong["region"] = str(error)
    try:
        if query.employment:
            values["employment"] = named(codes.EMPLOYMENT, query.employment)
    except ValueError as error:
        wrong["employment"] = str(error)
    if wrong:
        raise InvalidInput(details={"fields": wrong})
    return Applicant(age=query.age, annual_income=query.income, **values)
