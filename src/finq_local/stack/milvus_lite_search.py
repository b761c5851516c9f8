"""How Milvus Lite 3.2.2 finds rows, without its loops in Python: as it is, it goes three times through every row of a
collection for each question, builds each hit's whole row, vector included, out of Arrow scalars, and goes twice through
all fields for each hit, to find dynamic ones.

Here the filter and NumPy look at all rows, and Python at those that are shown.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from milvus_lite.engine.projection import ProjectionPlan, project_record
from milvus_lite.index.brute_force import BruteForceIndex
from milvus_lite.schema.types import CollectionSchema
from milvus_lite.search.executor_indexed import execute_search_with_index
from milvus_lite.storage.delta_index import DeltaIndex
from milvus_lite.storage.memtable import MemTable
from milvus_lite.storage.segment import Segment

from finq_local.stack import milvus_lite_columns as columns
from finq_local.stack.milvus_lite_filter import passing

_build_row = Segment.row_to_dict


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
    found = [(segment, passing(segment, compiled_filter, indexed_filter_plan)) for segment in searched]
    distances = [_distances(query_vectors[0], segment, vector_field, rows) for segment, rows in found]
    places = [(segment, row) for segment, rows in found for row in rows.tolist()]
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


def _distances(query: Any, segment: Segment, field: str, rows: Any) -> Any:
    vectors = segment.vector_data(field)[0]
    few = len(rows) * 8 < len(vectors)  # copying more of them takes longer than comparing all
    products = vectors[rows] @ query if few else (vectors @ query)[rows]
    return np.maximum(1.0 - products / (columns.lengths(segment, field)[rows] * (np.linalg.norm(query) or 1.0)), 0.0)


def _newest(segment: Segment, number: int, segments: Sequence[Segment]) -> bool:
    """Whether no other row of the same key was written later."""
    key, written = segment.pks[number], segment.seqs[number]
    others = ((other, other.pk_to_row.get(key)) for other in segments)
    return all(at is None or other.seqs[at] <= written for other, at in others)


def row(segment: Segment, number: int, shown: set[str] | None = None) -> dict[str, Any]:
    """The values of a row by field: of all, or of those `shown`, where the collection has these fields."""
    names = columns.names(segment)
    if "$meta" in names:
        whole: dict[str, Any] = _build_row(segment, number)
        return whole
    wanted = shown if shown and shown.issubset(names) else names
    return {name: columns.values(segment, name)[number] for name in wanted}


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
