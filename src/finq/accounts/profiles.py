"""The profile of a user: what the eligibility rules may know about them, and nothing else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import sql
from pydantic import BaseModel, ConfigDict

from finq.accounts.birth import Born
from finq.accounts.claims import Claims
from finq.database import Connection, Database
from finq.errors import Unauthorized
from finq.policies import regions
from finq.policies.eligibility import Applicant

COLUMNS = (
    *("born_from", "born_to", "region_code", "employment", "education", "marital_status", "annual_income"),
    "interests",
)


class Profile(BaseModel):
    """A profile as the API shows it; None is "not told"."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    email: str
    birth_year: int | None
    birth_date: date | None
    age: int | None
    region: str | None
    region_code: str | None
    employment: str | None
    education: str | None
    marital_status: str | None
    annual_income: int | None
    interests: tuple[str, ...]
    created_at: datetime


def ensure_user(connection: Connection, claims: Claims) -> None:
    """Make sure `users` has a row for the caller, with the e-mail address of their token.

    Raises:
        Unauthorized: the account was erased; its ID token outlives it by up to an hour and must not
            bring it back.
    """
    row = connection.execute(
        """
        WITH erased AS (SELECT FROM erased_users WHERE id = %(id)s),
             saved AS (
                 INSERT INTO users (id, email)
                 SELECT %(id)s, %(email)s WHERE NOT EXISTS (SELECT FROM erased)
                 ON CONFLICT (id) DO UPDATE SET email = excluded.email WHERE users.email <> excluded.email
                 RETURNING id
             )
        SELECT EXISTS (SELECT FROM erased) AS erased, EXISTS (SELECT FROM saved) AS written
        """,
        {"id": claims.sub, "email": claims.email},
    ).fetchone()
    # The insert may have waited for an erasure to commit, which the look before it could not see.
    if row and (row["erased"] or (row["written"] and _is_erased(connection, claims.sub))):
        raise Unauthorized("탈퇴한 계정이에요.")


def _is_erased(connection: Connection, user_id: UUID) -> bool:
    return connection.execute("SELECT FROM erased_users WHERE id = %s", [user_id]).fetchone() is not None


@contextmanager
def user_transaction(database: Database, claims: Claims) -> Iterator[Connection]:
    """A transaction in which the caller's row in `users` exists.

    Raises:
        Unauthorized: the account was erased.
        ServiceUnavailable: the database does not answer.
    """
    with database.transaction() as connection:
        ensure_user(connection, claims)
        yield connection


def applicant_of(connection: Connection, user_id: UUID, today: date) -> tuple[Applicant, tuple[str, ...]]:
    """What is known about a user, and the categories they are interested in. An unknown user told nothing."""
    row = connection.execute("SELECT * FROM users WHERE id = %s", [user_id]).fetchone()
    if row is None:
        return Applicant(), ()
    born = _born(row)
    applicant = Applicant(
        age=born and born.oldest(today),
        maybe_younger=born is not None and born.maybe_younger(today),
        region_code=row["region_code"],
        employment=row["employment"],
        education=row["education"],
        marital_status=row["marital_status"],
        annual_income=row["annual_income"],
    )
    return applicant, tuple(row["interests"])


def _born(row: Mapping[str, Any]) -> Born | None:
    return Born(row["born_from"], row["born_to"]) if row["born_from"] else None


def read_profile(connection: Connection, user_id: UUID, today: date) -> Profile:
    """The profile of a user who has a row (`ensure_user`).

    Raises:
        Unauthorized: there is no such user.
    """
    row = connection.execute("SELECT * FROM users WHERE id = %s", [user_id]).fetchone()
    if row is None:
        raise Unauthorized
    try:
        region = regions.name(row["region_code"]) if row["region_code"] else None
    except KeyError:  # a code that has been abolished since it was stored
        region = None
    born = _born(row)
    return Profile.model_validate(
        row
        | {
            "user_id": row["id"],
            "birth_year": born and born.year,
            "birth_date": born and born.day,
            "age": born and born.oldest(today),
            "region": region,
        }
    )


def update_profile(connection: Connection, user_id: UUID, changes: Mapping[str, Any]) -> None:
    """Set the columns named in `changes` (some of `COLUMNS`); None clears one, and () the interests."""
    if not changes:
        return
    unknown = set(changes) - set(COLUMNS)
    if unknown:
        raise ValueError(f"not columns of a profile: {sorted(unknown)}")
    settings = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.Placeholder(column)) for column in changes
    )
    connection.execute(
        sql.SQL("UPDATE users SET {}, updated_at = now() WHERE id = %(user_id)s").format(settings),
        {**changes, "user_id": user_id},
    )


def erase_user(connection: Connection, user_id: UUID) -> None:
    """Delete the user and, by cascade, everything of theirs. Doing it twice is fine.

    Their id alone is remembered for two days, longer than any ID token lives: see `ensure_user`.
    """
    connection.execute("DELETE FROM users WHERE id = %s", [user_id])
    connection.execute("DELETE FROM erased_users WHERE erased_at < now() - interval '2 days'")
    connection.execute("INSERT INTO erased_users (id) VALUES (%s) ON CONFLICT DO NOTHING", [user_id])
