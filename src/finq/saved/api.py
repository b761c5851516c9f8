"""Operations of /api/user-policies and /api/today."""

from datetime import date
from uuid import UUID

from pydantic import Field

from finq import clock
from finq.accounts.claims import Claims
from finq.accounts.profiles import applicant_of, user_transaction
from finq.database import database
from finq.policies import notices
from finq.policies.card import card
from finq.policies.eligibility import Applicant
from finq.rest import Query, operation
from finq.saved import repository
from finq.saved.model import (
    DocumentProgress,
    DocumentState,
    DocumentTicks,
    NewUserPolicy,
    Progress,
    SavedStatus,
    Today,
    UserPolicy,
    UserPolicyChange,
    UserPolicyPage,
)
from finq.saved.today import due_date, plan


class SavedQuery(Query):
    """Which of the saved policies to list."""

    status: SavedStatus | None = None
    limit: int = Field(20, ge=1, le=50)
    cursor: str | None = Field(None, min_length=1, max_length=500)


@operation("listUserPolicies")
def list_user_policies(claims: Claims, query: SavedQuery) -> UserPolicyPage:
    today = clock.today()
    with user_transaction(database, claims) as connection:
        applicant, _ = applicant_of(connection, claims.sub, today)
        page = repository.page(connection, claims.sub, status=query.status, cursor=query.cursor, limit=query.limit)
    items = tuple(shown(saved, applicant, today) for saved in page.items)
    return UserPolicyPage(items=items, next_cursor=page.next_cursor)


@operation("savePolicy")
def save_policy(claims: Claims, body: NewUserPolicy) -> tuple[int, UserPolicy]:
    today = clock.today()
    with user_transaction(database, claims) as connection:
        saved_id, created = repository.save(connection, claims.sub, body)
        applicant, _ = applicant_of(connection, claims.sub, today)
        saved = repository.get(connection, claims.sub, saved_id)
    return (201 if created else 200), shown(saved, applicant, today)


@operation("updateUserPolicy")
def update_user_policy(claims: Claims, id: UUID, body: UserPolicyChange) -> UserPolicy:
    today = clock.today()
    with database.transaction() as connection:
        repository.update(connection, claims.sub, id, body.model_dump(exclude_unset=True))
        applicant, _ = applicant_of(connection, claims.sub, today)
        return shown(repository.get(connection, claims.sub, id), applicant, today)


@operation("deleteUserPolicy")
def delete_user_policy(claims: Claims, id: UUID) -> None:
    with database.transaction() as connection:
        repository.delete(connection, claims.sub, id)


@operation("getDocumentProgress")
def get_document_progress(claims: Claims, id: UUID) -> DocumentProgress:
    with database.transaction() as connection:
        return _progress(repository.documents(connection, claims.sub, id))


@operation("putDocumentProgress")
def put_document_progress(claims: Claims, id: UUID, body: DocumentTicks) -> DocumentProgress:
    with database.transaction() as connection:
        repository.tick(connection, claims.sub, id, body.documents)
        return _progress(repository.documents(connection, claims.sub, id))


@operation("getToday")
def get_today(claims: Claims) -> Today:
    today = clock.today()
    with user_transaction(database, claims) as connection:
        applicant, _ = applicant_of(connection, claims.sub, today)
        saved = repository.all_of(connection, claims.sub)
        news = notices.recent(connection, [one.policy.id for one in saved])
    return plan([shown(one, applicant, today) for one in saved], news, today)


def shown(saved: repository.Saved, applicant: Applicant, today: date) -> UserPolicy:
    """A saved policy as the API shows it."""
    row = saved.row
    due = due_date(saved.policy, row["personal_deadline"], today)
    return UserPolicy(
        id=row["id"],
        status=row["status"],
        personal_deadline=row["personal_deadline"],
        notes=row["notes"],
        remind_days_before=row["remind_days_before"],
        due=due,
        d_day=(due - today).days if due else None,
        progress=Progress(done=row["done"], total=row["total"]),
        policy=card(saved.policy, applicant, today),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _progress(documents: tuple[DocumentState, ...]) -> DocumentProgress:
    current = [document for document in documents if document.current]
    done = sum(document.done for document in current)
    return DocumentProgress(documents=documents, progress=Progress(done=done, total=len(current)))
