"""Records that are to be stored, on disk until it is known which."""

from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any

from finq.policies.collect.records import NoRecord, Record, read


class Spool:
    """Takes records as they are read and keeps the newest body of each that differs from what is stored.

    Memory holds some 200 bytes a record; bodies are on disk until the end of the `with` block.

    Args:
        stored: digests by id.
    """

    def __init__(self, stored: Mapping[str, str]) -> None:
        self._stored = stored
        self._file = TemporaryFile()  # noqa: SIM115 -- closed by __exit__
        self._differing: dict[str, tuple[str, int, int]] = {}  # digest, offset, bytes
        self._unusable: set[str] = set()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def take(self, value: Any) -> str:
        """Note a record; its id, or a mark of its own if it has none."""
        try:
            record = read(value)
        except NoRecord as error:
            self._unusable.add(error.mark)
            return error.mark
        noted = self._differing.get(record.id)
        if self._stored.get(record.id) == record.digest:
            self._differing.pop(record.id, None)
        elif noted is None or noted[0] != record.digest:
            self._differing[record.id] = (record.digest, self._append(record.body), len(record.body))
        return record.id

    def unusable(self) -> frozenset[str]:
        """Marks of the records without a usable number."""
        return frozenset(self._unusable)

    def forget(self, id_: str) -> None:
        """Do without a record that turned out to be gone."""
        self._differing.pop(id_, None)

    def differing(self) -> list[str]:
        """Ids of the records to be stored."""
        return list(self._differing)

    def records(self) -> Iterator[Record]:
        """The records to be stored, one in memory at a time."""
        for id_, (digest, offset, length) in self._differing.items():
            self._file.seek(offset)
            yield Record(id_, self._file.read(length), digest)

    def _append(self, body: bytes) -> int:
        offset = self._file.seek(0, 2)
        self._file.write(body)
        return offset
