"""How many calls of a service run at once: as many as it bears, found by trying."""

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from finq.errors import ServiceUnavailable

_FIRST_PAUSE_SECONDS = 0.25  # after a refusal; doubled with each further one, until a call succeeds
_LONGEST_PAUSE_SECONDS = 1.0  # one call a second asks little of a service, and shows soon that it is back
_PATIENCE_SECONDS = 120.0  # of nothing but refusals
T = TypeVar("T")


class Pace:
    """Additive increase, multiplicative decrease, over the threads that call `run`.

    A call that fails with ServiceUnavailable halves the limit, lets nobody begin for a while, and is made again.
    As many successes as the limit raise it by one.

    Args:
        most: calls at a time, to begin with and at best.
        first_pause, patience: seconds; `patience` of refusals alone is when `run` gives up.
    """

    def __init__(
        self, most: int, *, first_pause: float = _FIRST_PAUSE_SECONDS, patience: float = _PATIENCE_SECONDS
    ) -> None:
        self._most = most
        self._first_pause = first_pause
        self._patience = patience
        self._changed = threading.Condition()
        self._limit = float(most)
        self._running = 0
        self._pause = first_pause
        self._resume_at = 0.0
        self._halvings = 0
        self._refused_since: float | None = None
        self._refusals = 0
        self._closed = False

    @property
    def limit(self) -> int:
        """Calls at a time, for now."""
        return int(self._limit)

    @property
    def refusals(self) -> int:
        """Calls so far that had to be made again."""
        return self._refusals

    def run(self, call: Callable[[], T]) -> T:
        """The call's result; any other error than ServiceUnavailable is the caller's at once.

        Raises:
            ServiceUnavailable: nothing but refusals for as long as the patience lasts, or `close` was called.
        """
        while True:
            halvings = self._begin()
            try:
                result = call()
            except ServiceUnavailable:
                self._refused(halvings)
                if self._closed or self._is_hopeless():
                    raise
            except BaseException:
                self._end()
                raise
            else:
                self._succeeded()
                return result

    def close(self) -> None:
        """Begin no call any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _begin(self) -> int:
        with self._changed:
            while True:
                if self._closed:
                    raise ServiceUnavailable
                pause = self._resume_at - time.monotonic()
                if pause <= 0 and self._running < self.limit:
                    self._running += 1
                    return self._halvings
                self._changed.wait(pause if pause > 0 else None)

    def _end(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify()

    def _succeeded(self) -> None:
        with self._changed:
            self._refused_since = None
            self._pause = self._first_pause
            self._limit = min(self._most, self._limit + 1 / self._limit)
            self._running -= 1
            # Two may begin where the limit has just reached the next whole number.
            self._changed.notify(2)

    def _refused(self, halvings: int) -> None:
        with self._changed:
            now = time.monotonic()
            self._refusals += 1
            self._refused_since = self._refused_since or now
            self._running -= 1
            # Calls that began before the last halving tell nothing about what it has brought.
            if halvings == self._halvings:
                self._halvings += 1
                self._limit = max(1.0, self._limit / 2)
                self._resume_at = now + self._pause * random.uniform(0.5, 1.5)  # noqa: S311
                self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
            self._changed.notify()

    def _is_hopeless(self) -> bool:
        since = self._refused_since
        return since is not None and time.monotonic() - since > self._patience
