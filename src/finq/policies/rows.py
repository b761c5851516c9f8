"""`Policy` <-> row of `youth_policies`, with nothing lost, and the hashes that tell what changed."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import sql
from psycopg.types.json import Jsonb

from finq.policies.embedding import text_hash
from finq.policies.model import Policy

# Fields whose column has the field's name and a type that psycopg maps both ways (tuples are arrays).
_SAME_NAME = tuple(field for field in Policy.model_fields if field not in ("application_periods", "documents", "raw"))
COLUMNS = (*_SAME_NAME, "sido_codes", "application_dates", "raw")

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
# What to select from `youth_policies p` to make policies of the rows.
SELECTED = sql.SQL("{columns}, {periods}, {documents}").format(
    columns=sql.SQL(", ").join(sql.Identifier("p", name) for name in (*_SAME_NAME, "raw")),
    periods=sql.SQL(_PERIODS),
    documents=sql.SQL(_DOCUMENTS),
)

_LIMIT_FIELDS = {
    *("min_age", "max_age", "age_extension", "nationwide", "region_codes"),
    *("employment_codes", "education_codes", "marital_status"),
    *("income_kind", "min_income", "max_income", "categories", "application_kind", "application_periods"),
}


def to_row(policy: Policy) -> dict[str, Any]:
    """Values for `COLUMNS`. Tuples become lists, periods the text of a datemultirange."""
    row: dict[str, Any] = {}
    for name in _SAME_NAME:
        value = getattr(policy, name)
        row[name] = list(value) if isinstance(value, tuple) else value
    row["sido_codes"] = list(policy.sido_codes)
    row["application_dates"] = f"{{{','.join(f'[{p.start},{p.end}]' for p in policy.application_periods)}}}"
    row["raw"] = Jsonb(policy.raw)
    return row


def from_row(row: Mapping[str, Any]) -> Policy:
    """The policy of a row that `SELECTED` gave."""
    return Policy(**{name: row[name] for name in (*_SAME_NAME, "application_periods", "documents", "raw")})


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


def hashes_of(policy: Policy) -> Hashes:
    """The hashes of a policy."""
    return Hashes(
        content=_digest(policy.model_dump_json()),
        text=text_hash(policy),
        limits=_digest(policy.model_dump_json(include=_LIMIT_FIELDS)),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
