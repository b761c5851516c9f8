"""Copies entries to Milvus while further ones are being made."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from finq.observability import logger
from finq.policies.etl.report import Report
from finq.policies.vectors.milvus_collection import MilvusCollection
from finq.policies.vectors.port import VectorEntry, VectorStoreUnavailable

_MOST_WAITING = 10  # batches handed over and not copied yet, 5 MB each
_FIRST_INDEXED = 2_000  # rows copied when they are indexed for the first time
_INDEXED_AGAIN = 1.5  # times as many, for the next time


class EarlyCopy:
    """Writes batches one after another in a thread of its own, then has Milvus index them.

    They are indexed on the way too, at ever longer intervals, so that no more than a third is left for the end.
    What it does not copy, `PolicyIndex.bring_up_to_date` does, which compares everything in the end.

    Args:
        opened: called once, in that thread: the collection, or None where it must not be written to yet.
        report: counts what is copied.
    """

    def __init__(self, opened: Callable[[], MilvusCollection | None], report: Report) -> None:
        self._opened = opened
        self._report = report
        self._collection: MilvusCollection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="milvus")
        self._waiting: deque[Future[None]] = deque()
        self._skipping = False
        self._settled = False
        self._copied = 0
        self._indexed_next = _FIRST_INDEXED

    def take(self, entries: Sequence[VectorEntry]) -> None:
        """Have them copied; waits while too many are waiting."""
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._copy, entries))

    def __enter__(self) -> "EarlyCopy":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self._thread.shutdown(cancel_futures=True)

    @property
    def began(self) -> bool:
        """Whether anything may have been written."""
        return self._collection is not None

    def settle(self) -> None:
        """No more batches will come: have what was written indexed, meanwhile."""
        self._waiting.append(self._thread.submit(self._settle))

    def finish(self) -> bool:
        """Wait for everything; whether all that was taken is written and indexed."""
        for step in self._waiting:
            step.result()
        self._thread.shutdown()
        return self._settled

    def _copy(self, entries: Sequence[VectorEntry]) -> None:
        if self._skipping:
            return
        try:
            self._collection = self._collection or self._opened()
            if self._collection is None:
                self._skipping = True
                return
            self._collection.upsert(entries)
            self._report.indexed += len(entries)
            self._copied += len(entries)
            if self._copied >= self._indexed_next:
                self._indexed_next = round(self._indexed_next * _INDEXED_AGAIN)
                self._collection.settle()
        except VectorStoreUnavailable as error:
            logger.warning("Milvus is filled at the end instead", reason=str(error))
            self._skipping = True

    def _settle(self) -> None:
        if self._skipping or self._collection is None:
            return
        try:
            self._collection.settle()
            self._settled = True
        except VectorStoreUnavailable as error:
            logger.warning("Milvus is indexed at the end instead", reason=str(error))
