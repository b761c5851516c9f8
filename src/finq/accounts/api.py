"""Operations of /api/me."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from finq import clock
from finq.accounts.birth import MAX_AGE, Born
from finq.accounts.claims import Claims
from finq.accounts.cognito import user_pool
from finq.accounts.profiles import Profile, erase_user, read_profile, update_profile, user_transaction
from finq.accounts.values import Category, Words, named, region_code
from finq.database import database
from finq.errors import InvalidInput
from finq.policies import codes
from finq.rest import Body, operation

_BIRTH = ("birth_date", "birth_year", "age")
_COLUMN = {"region": "region_code"}
_EMPTY: Mapping[str, Any] = {"interests": []}
_TABLES = {"employment": codes.EMPLOYMENT, "education": codes.EDUCATION, "marital_status": codes.MARITAL}


class ProfileChange(Body):
    """A field that was not sent stays as it is; null clears it."""

    birth_date: date | None = None
    birth_year: int | None = Field(None, ge=1900, le=2100)
    age: int | None = Field(None, ge=0, le=120)
    region: Words | None = None
    employment: Words | None = None
    education: Words | None = None
    marital_status: Words | None = None
    annual_income: int | None = Field(None, ge=0, le=1_000_000)
    interests: Annotated[tuple[Category, ...], Field(max_length=5)] | None = None


@operation("getMe")
def get_me(claims: Claims) -> Profile:
    with user_transaction(database, claims) as connection:
        return read_profile(connection, claims.sub, clock.today())


@operation("updateMe")
def update_me(claims: Claims, body: ProfileChange) -> Profile:
    today = clock.today()
    changes = columns(body.model_dump(exclude_unset=True), today)
    with user_transaction(database, claims) as connection:
        update_profile(connection, claims.sub, changes)
        return read_profile(connection, claims.sub, today)


@operation("deleteMe")
def delete_me(claims: Claims) -> None:
    # The rows go first but stay uncommitted until the user pool has deleted the account: whichever of the
    # two fails, the caller still has an account and can ask again; nobody keeps data without an account.
    with database.transaction() as connection:
        erase_user(connection, claims.sub)
        user_pool().erase(claims.username)


def columns(sent: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Columns of `users` that a profile change sets.

    Raises:
        InvalidInput: with every field whose value is not known.
    """
    changes: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    births = [field for field in _BIRTH if field in sent]
    told = [field for field in births if sent[field] is not None]
    if len(told) > 1:
        wrong[told[-1]] = "생년월일, 태어난 해, 나이 가운데 하나만 보내 주세요."
    elif births:
        try:
            born = _born(told[0], sent[told[0]], today) if told else None
            changes |= {"born_from": born and born.first, "born_to": born and born.last}
        except ValueError as error:
            wrong[told[0]] = str(error)
    for field, value in sent.items():
        if field in births:
            continue
        try:
            changes[_COLUMN.get(field, field)] = _EMPTY.get(field) if value is None else _stored(field, value)
        except ValueError as error:
            wrong[field] = str(error)
    if wrong:
        raise InvalidInput(details={"fields": wrong})
    return changes


def _born(field: str, value: Any, today: date) -> Born:
    match field:
        case "age":
            return Born.aged(value, today)
        case "birth_year":
            if not today.year - MAX_AGE <= value <= today.year:
                raise ValueError(f"{today.year - MAX_AGE}년에서 {today.year}년 사이로 보내 주세요.")
            return Born.in_year(value)
        case _:
            if not today.year - MAX_AGE <= value.year or value > today:
                raise ValueError(f"{today.year - MAX_AGE}년부터 오늘까지의 날짜로 보내 주세요.")
            return Born.on(value)


def _stored(field: str, value: Any) -> Any:
    match field:
        case "region":
            return region_code(value)
        case "employment" | "education" | "marital_status":
            return named(_TABLES[field], value)
        case "interests":
            return list(dict.fromkeys(value))
    return value
