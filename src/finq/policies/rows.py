"""`Policy` <-> row of `youth_policies`, with nothing lost, and the hashes that tell what changed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import sql

from finq.policies.embedding import text_hash
from finq.policies.model import Policy

# Fields whose column has the field's name, and a type that JSON and psycopg map to it and back (tuples are arrays).
COLUMNS = tuple(field for field in Policy.model_fields if field not in ("application_periods", "documents"))

# PostgreSQL keeps a range of days as [first day, day after the last), and the day after 9999-12-31 is none of
# Python's: so the ranges come as JSON with their last day.
_PERIODS = """
coalesce((SELECT jsonb_agg(jsonb_build_object('start', lower(days), 'end', upper(days) - 1))
          FROM unnest(p.application_dates) AS days), '[]') AS application_periods
"""
_DOCUMENTS = """
coalesce((SELECT jsonb_agg(jsonb_build_object('name', d.name, 'note', d.note, 'required', d.required)
                           ORDER BY d.position)
          FROM required_documents d WHERE d.policy_id = p.id AND d.current), '[]') AS documents
"""
# What to select from `youth_policies p` to make policies of the rows. Without the native records, which nobody is shown
# and which take longer to read than all the rest.
SELECTED = sql.SQL("{columns}, {periods}, {documents}").format(
    columns=sql.SQL(", ").join(sql.Identifier("p", name) for name in COLUMNS if name != "raw"),
    periods=sql.SQL(_PERIODS),
    documents=sql.SQL(_DOCUMENTS),
)
WITH_NATIVE = sql.SQL("{}, p.raw").format(SELECTED)

_LIMIT_FIELDS = {
    *("min_age", "max_age", "age_extension", "nationwide", "region_codes"),
    *("employment_codes", "education_codes", "marital_status"),
    *("income_kind", "min_income", "max_income", "categories", "application_kind", "application_periods"),
}


def from_row(row: Mapping[str, Any]) -> Policy:
    """The policy of a row that `SELECTED` or `WITH_NATIVE` gave."""
    return Policy(**{name: row[name] for name in Policy.model_fields if name in row})


class Hashes(NamedTuple):
    """What tells that a stored policy differs.

    Attributes:
        content: of everything in it, its native record included: differs, write it.
        text: of the text that is embedded: differs, embed it.
        limits: of the fields that vector stores filter by: differs, index it.
    """

    content: str
    text: str
    limits: str


@dataclass(frozen=True, slots=True)
class Row:
    """A policy as it is written.

    Attributes:
        document: the policy as a JSON object; PostgreSQL takes its columns out of it.
        dates: `application_periods` as the text of a datemultirange.
    """

    policy: Policy
    document: str
    dates: str
    hashes: Hashes


def to_row(policy: Policy) -> Row:
    """What to write for a policy."""
    document = policy.model_dump_json()
    hashes = Hashes(
        content=_digest(document),
        text=text_hash(policy),
        limits=_digest(policy.model_dump_json(include=_LIMIT_FIELDS)),
    )
    dates = f"{{{','.join(f'[{p.start},{p.end}]' for p in policy.application_periods)}}}"
    return Row(policy, document, dates, hashes)


def hashes_of(policy: Policy) -> Hashes:
    """The hashes of a policy."""
    return to_row(policy).hashes


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
