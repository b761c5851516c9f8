"""Pages of policies: filter, order, and a cursor that survives inserts between two pages."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from psycopg import sql
from pydantic import Field, TypeAdapter

from finq import cursor as cursors
from finq.database import Connection
from finq.errors import InvalidInput
from finq.policies.filters import PolicyFilter, conditions
from finq.policies.model import Policy, PolicyId
from finq.policies.rows import SELECTED, from_row

Sort = Literal["recommended", "deadline", "latest", "views"]

# Each order is a list of whole numbers, ascending, then the id: so one row comparison finds the next page.
_STATUS_RANK = """
CASE WHEN p.application_kind = 'always'
       OR (p.application_kind = 'periods' AND p.application_dates @> %(today)s::date) THEN 0
     WHEN p.application_kind = 'periods' AND upper(p.application_dates) > %(today)s::date THEN 1
     WHEN p.application_kind IN ('institution', 'unknown') THEN 2
     ELSE 3 END
"""
_DEADLINE = """
CASE WHEN p.application_kind = 'periods' THEN coalesce(
    (SELECT nullif(min(upper(days)), date '10000-01-01') - date '1970-01-01' FROM unnest(p.application_dates) AS days
     WHERE upper(days) > %(today)s::date), 2147483647)
ELSE 2147483647 END
"""
_SORTS: dict[Sort, tuple[str, ...]] = {
    # What one can apply for now, for one's own region before the whole country, then what most people read.
    "recommended": (_STATUS_RANK, "p.nationwide::int", "-p.views"),
    "deadline": (_DEADLINE, "-p.views"),
    "latest": ("-extract(epoch FROM coalesce(p.modified_at, p.registered_at, timestamp 'epoch'))::bigint",),
    "views": ("-p.views",),
}
_Key = Annotated[int, Field(ge=-(2**63), lt=2**63)]


def _cursor_shape(name: Sort) -> TypeAdapter[Any]:
    """The sort's name, its keys, the policy's id."""
    parts = (Annotated[str, Field(pattern=f"^{name}$")], *[_Key] * len(_SORTS[name]), PolicyId)
    shape: Any = tuple.__class_getitem__(parts)
    return TypeAdapter(shape)


_AFTER = {name: _cursor_shape(name) for name in _SORTS}


@dataclass(frozen=True)
class Page:
    """Policies in order; `next_cursor` is None on the last page."""

    policies: tuple[Policy, ...]
    next_cursor: str | None


def page(
    connection: Connection,
    policy_filter: PolicyFilter,
    *,
    sort: Sort = "recommended",
    cursor: str | None = None,
    limit: int = 20,
) -> Page:
    """The next `limit` (1-100) policies that pass the filter.

    Raises:
        InvalidInput: `sort` is none of `Sort`, `limit` is out of range, or `cursor` is not one of this order.
    """
    if sort not in get_args(Sort):
        raise InvalidInput(details={"fields": {"sort": f"{', '.join(get_args(Sort))} 중 하나여야 해요."}})
    if not 1 <= limit <= 100:
        raise InvalidInput(details={"fields": {"limit": "1~100 사이여야 해요."}})
    where, parameters = conditions(policy_filter)
    keys = [sql.SQL(f"({key})::bigint") for key in _SORTS[sort]]
    order = sql.SQL(", ").join([*keys, sql.SQL("p.id")])
    query = sql.SQL(
        "SELECT {columns}, ARRAY[{keys}] AS sort_keys FROM youth_policies p"
        " JOIN policy_limits l ON l.policy_id = p.id WHERE {where}"
    ).format(columns=SELECTED, keys=sql.SQL(", ").join(keys), where=where)
    if cursor is not None:
        _, *after, after_id = cursors.decode(cursor, _AFTER[sort])
        names = [f"after_{n}" for n in range(len(after))]
        parameters |= dict(zip(names, after, strict=True)) | {"after_id": after_id}
        placeholders = [sql.Placeholder(name) + sql.SQL("::bigint") for name in names]
        query += sql.SQL(" AND ({order}) > ({after})").format(
            order=order, after=sql.SQL(", ").join([*placeholders, sql.Placeholder("after_id")])
        )
    query += sql.SQL(" ORDER BY {order} LIMIT %(page_rows)s").format(order=order)
    rows = connection.execute(query, parameters | {"page_rows": limit + 1}).fetchall()
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return Page(tuple(map(from_row, shown)), cursors.encode([sort, *last["sort_keys"], last["id"]]) if last else None)
