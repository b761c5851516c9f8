"""Operations of /api/me."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from finq import clock
from finq.accounts.claims import Claims
from finq.accounts.cognito import user_pool
from finq.accounts.profiles import Profile, erase_user, read_profile, update_profile, user_transaction
from finq.accounts.values import Category, Words, named, region_code
from finq.database import database
from finq.errors import InvalidInput
from finq.policies import codes
from finq.rest import Body, operation

_COLUMN = {"age": "birth_year", "region": "region_code"}
_EMPTY: Mapping[str, Any] = {"interests": []}
_TABLES = {"employment": codes.EMPLOYMENT, "education": codes.EDUCATION, "marital_status": codes.MARITAL}


class ProfileChange(Body):
    """A field that was not sent stays as it is; null clears it."""

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
    changes = columns(body.model_dump(exclude_unset=True), today.year)
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


def columns(sent: Mapping[str, Any], year: int) -> dict[str, Any]:
    """Columns of `users` that a profile change sets.

    Raises:
        InvalidInput: with every field whose value is not known.
    """
    changes: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    if "age" in sent and "birth_year" in sent:
        wrong["age"] = "나이와 태어난 해 가운데 하나만 보내 주세요."
    for field, value in sent.items():
        try:
            changes[_COLUMN.get(field, field)] = _EMPTY.get(field) if value is None else _stored(field, value, year)
        except ValueError as error:
            wrong[field] = str(error)
    if wrong:
        raise InvalidInput(details={"fields": wrong})
    return changes


def _stored(field: str, value: Any, year: int) -> Any:
    match field:
        case "age":
            return year - value
        case "birth_year" if not year - 120 <= value <= year:
            raise ValueError(f"{year - 120}년에서 {year}년 사이로 보내 주세요.")
        case "region":
            return region_code(value)
        case "employment" | "education" | "marital_status":
            return named(_TABLES[field], value)
        case "interests":
            return list(dict.fromkeys(value))
    return value
