"""Columns of a segment of Milvus Lite as NumPy and Python take them, kept as long as the segment's table."""

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from milvus_lite.storage.segment import Segment

# By id of the table, which never changes.
_kept: dict[int, dict[tuple[str, str], Any]] = {}


def names(segment: Segment) -> tuple[str, ...]:
    """Of the columns, but for the number of the write."""
    return _keep(segment, ("names", ""), lambda: _names(segment.table))  # type: ignore[no-any-return]


def values(segment: Segment, name: str) -> Sequence[Any]:
    """One for each row; vectors as arrays."""
    return _keep(segment, ("values", name), lambda: _values(segment, name))  # type: ignore[no-any-return]


def numbers(segment: Segment, name: str) -> Any:
    """The array of a column of whole numbers, or of true and false; None for any other, or where some are missing."""
    return _keep(segment, ("numbers", name), lambda: _numbers(segment.table.column(name)))


def lengths(segment: Segment, name: str) -> Any:
    """The array of the vectors' lengths; 1 for those of length 0."""
    return _keep(segment, ("lengths", name), lambda: _lengths(segment.vector_data(name)[0]))


def _keep(segment: Segment, what: tuple[str, str], make: Callable[[], Any]) -> Any:
    table = segment.table
    kept = _kept.get(id(table))
    if kept is None:
        kept = _kept.setdefault(id(table), {})
        weakref.finalize(table, _kept.pop, id(table), None)
    if what not in kept:
        kept[what] = make()
    return kept[what]


def _names(table: pa.Table) -> tuple[str, ...]:
    return tuple(name for name in table.schema.names if name != "_seq")


def _values(segment: Segment, name: str) -> Sequence[Any]:
    column = segment.table.column(name)
    if pa.types.is_fixed_size_list(column.type) and not column.null_count:
        vectors: Sequence[Any] = segment.vector_data(name)[0]  # held already; lists would take ten times as much
        return vectors
    plain: list[Any] = column.to_pylist()
    return plain


def _numbers(column: pa.ChunkedArray) -> Any:
    whole = pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)
    return column.to_numpy() if whole and not column.null_count else None


def _lengths(vectors: Any) -> Any:
    measured = np.linalg.norm(vectors, axis=1)
    measured[measured == 0] = 1.0
    return measured
