"""`python -m finq_local.stack.milvus_lite`: the `milvus-lite` command, with faults of its 3.2.2 mended.

- It goes through all rows in Python for each question, and builds whole rows for its hits: see `milvus_lite_search`,
  and `milvus_lite_filter` for how it filters.
- It writes the file of an index in place, while another thread may be loading it, which then fails. Here the file
  appears when it is whole.
- It looks at every number of every vector that is written, in Python, and builds the table that it flushes value by
  value out of Arrow scalars: a third of what a first load costs it. Here both go by the column.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from milvus_lite.cmdline import main
from milvus_lite.engine import collection as engine
from milvus_lite.index.brute_force import BruteForceIndex
from milvus_lite.schema.types import CollectionSchema, DataType
from milvus_lite.storage.memtable import MemTable
from milvus_lite.storage.segment import Segment

from finq_local.stack.milvus_lite_search import project, row, search

_write_index = BruteForceIndex.save
_validate = engine.validate_record


def save(index: BruteForceIndex, path: str) -> None:
    """Write the index to `path`, which nobody sees before it is whole."""
    unfinished = f"{path}.unfinished"
    _write_index(index, unfinished)
    Path(unfinished).replace(path)


class _Floats(list[float]):
    """A vector of floats alone, which nobody needs to look at one by one."""

    def __iter__(self) -> Iterator[float]:
        return iter(())


def validate(
    record: dict[str, Any], schema: CollectionSchema, default_properties: dict[str, Any] | None = None
) -> None:
    """Check a record against the schema, and fill in its defaults."""
    name = next((field.name for field in schema.fields if field.dtype == DataType.FLOAT_VECTOR), "")
    vector = record.get(name)
    if type(vector) is not list or set(map(type, vector)) != {float}:
        _validate(record, schema, default_properties)
        return
    checked = {**record, name: _Floats(vector)}
    _validate(checked, schema, default_properties)
    record.update(checked, **{name: vector})


def data_table(memory: MemTable, rows: list[tuple[int, int]]) -> pa.Table:
    """The rows, each given as batch and row within it, as they are written to a file."""
    columns = memory._data_schema
    if not rows:
        return columns.empty_table()
    batches = memory._insert_batches
    starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
    chosen = np.asarray(rows)
    whole = pa.Table.from_batches(batches).select(columns.names)
    return whole.take(pa.array(starts[chosen[:, 0]] + chosen[:, 1])).cast(columns)


if __name__ == "__main__":
    BruteForceIndex.save = save
    Segment.row_to_dict = row
    MemTable._build_data_table = data_table
    engine.validate_record = validate
    engine.execute_search_with_index = search
    engine.project_record = project
    sys.exit(main())
