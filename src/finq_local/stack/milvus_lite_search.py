"""How Milvus Lite 3.2.2 finds rows, without its loops in Python: as it is, it goes three times through every row of a
collection for each question, builds each hit's whole row, vector included, out of Arrow scalars, and goes twice through
all fields for each hit, to find dynamic ones.

Here the filter and NumPy look at all rows, and Python at those that are shown.
"""

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from milvus_lite.engine.projection import ProjectionPlan, project_record
from milvus_lite.index.brute_force import BruteForceIndex
from milvus_lite.schema.types import CollectionSchema
from milvus_lite.search.executor_indexed import execute_search_with_index
from milvus_lite.search.indexed_filter import evaluate_segment_filter
from milvus_lite.storage.delta_index import DeltaIndex
from milvus_lite.storage.memtable import MemTable
from milvus_lite.storage.segment import Segment

_build_row = Segment.row_to_dict
# By id of the segment's table, which never changes.
_columns: dict[int, dict[str, Sequence[Any]]] = {}
_known_lengths: dict[tuple[int, str], Any] = {}


def search(
    *,
    query_vectors: Any,
    segments: Iterable[Segment],
    memtable: MemTable,
    delta_index: DeltaIndex,
    top_k: int,
    metric_type: str,
    pk_field: str,
    vector_field: str,
    partition_names: Sequence[str] | None = None,
    compiled_filter: Any = None,
    output_fields: Sequence[str] | None = None,
    indexed_filter_plan: Any = None,
    project_record_fn: Callable[[dict[str, Any]], dict[str, Any]],
    search_params: dict[str, Any] | None = None,
) -> list[list[dict[str, Any]]]:
    """The hits of `execute_search_with_index`: a list for each query, nearest first.

    What is not one question by cosine, compared with rows that are all flushed, goes to Milvus Lite's own.
    """
    searched = [segment for segment in segments if segment.num_rows]
    exact = all(
        isinstance(segment.indexes.get(vector_field), BruteForceIndex) and segment.vector_data(vector_field)[1] is None
        for segment in searched
    )
    ours = exact and searched and len(query_vectors) == 1 and metric_type == "COSINE"
    if not ours or partition_names or memtable.size():
        theirs: list[list[dict[str, Any]]] = execute_search_with_index(
            query_vectors,
            searched,
            memtable,
            delta_index,
            top_k,
            metric_type,
            pk_field,
            vector_field,
            partition_names,
            compiled_filter,
            output_fields,
            indexed_filter_plan,
            project_record_fn,
            search_params,
        )
        return theirs
    passing = [_passing(segment, compiled_filter, indexed_filter_plan) for segment in searched]
    distances = [
        _distances(query_vectors[0], segment, vector_field, rows)
        for segment, rows in zip(searched, passing, strict=True)
    ]
    places = [(segment, row) for segment, rows in zip(searched, passing, strict=True) for row in rows.tolist()]
    nearest = np.concatenate(distances)
    shown = {pk_field, *output_fields} if output_fields else None
    hits: list[dict[str, Any]] = []
    for at in np.argsort(nearest, kind="stable").tolist():
        if len(hits) == top_k:
            break
        segment, number = places[at]
        key = segment.pks[number]
        if _newest(segment, number, searched) and not delta_index.is_deleted(key, int(segment.seqs[number])):
            entity = project_record_fn(row(segment, number, shown))
            hits.append({"id": key, "distance": float(nearest[at]), "entity": entity})
    return [hits]


def _passing(segment: Segment, compiled_filter: Any, plan: Any) -> Any:
    if compiled_filter is None:
        return np.arange(segment.num_rows)
    return np.flatnonzero(evaluate_segment_filter(segment, compiled_filter, plan))


def _distances(query: Any, segment: Segment, field: str, rows: Any) -> Any:
    vectors = segment.vector_data(field)[0]
    few = len(rows) * 8 < len(vectors)  # copying more of them takes longer than comparing all
    products = vectors[rows] @ query if few else (vectors @ query)[rows]
    return np.maximum(1.0 - products / (_lengths(segment, field)[rows] * (np.linalg.norm(query) or 1.0)), 0.0)


def _lengths(segment: Segment, field: str) -> Any:
    key = id(segment.table), field
    lengths = _known_lengths.get(key)
    if lengths is None:
        lengths = np.linalg.norm(segment.vector_data(field)[0], axis=1)
        lengths[lengths == 0] = 1.0
        if _known_lengths.setdefault(key, lengths) is lengths:
            weakref.finalize(segment.table, _known_lengths.pop, key, None)
    return lengths


def _newest(segment: Segment, number: int, segments: Sequence[Segment]) -> bool:
    """Whether no other row of the same key was written later."""
    key, written = segment.pks[number], segment.seqs[number]
    others = ((other, other.pk_to_row.get(key)) for other in segments)
    return all(at is None or other.seqs[at] <= written for other, at in others)


def row(segment: Segment, number: int, shown: set[str] | None = None) -> dict[str, Any]:
    """The values of a row by field: of all, or of those `shown`, where the collection has these fields."""
    key = id(segment.table)
    columns = _columns.get(key)
    if columns is None:
        names = segment.table.schema.names
        if "$meta" in names:
            whole: dict[str, Any] = _build_row(segment, number)
            return whole
        columns = {name: _column(segment, name) for name in names if name != "_seq"}
        if _columns.setdefault(key, columns) is columns:
            weakref.finalize(segment.table, _columns.pop, key, None)
    wanted = shown if shown and shown <= columns.keys() else columns
    return {name: columns[name][number] for name in wanted}


def project(record: dict[str, Any], schema: CollectionSchema, plan: ProjectionPlan) -> dict[str, Any]:
    """What of a row is shown, by field: `project_record`, which also looks for fields that the schema does not have."""
    if schema.enable_dynamic_field:
        whole: dict[str, Any] = project_record(record, schema, plan)
        return whole
    key = next(field.name for field in schema.fields if field.is_primary)
    shown = {name: record[name] for name in plan.response_schema_fields if name in record and name != key}
    if plan.api_kind != "search" and key in record:
        shown[key] = record[key]
    return shown


def _column(segment: Segment, name: str) -> Sequence[Any]:
    column = segment.table.column(name)
    if pa.types.is_fixed_size_list(column.type) and not column.null_count:
        vectors: Sequence[Any] = segment.vector_data(name)[0]  # held already; lists would take ten times as much
        return vectors
    values: list[Any] = column.to_pylist()
    return values
