"""The optional response cache of a REST stage."""

import time
from collections import OrderedDict

from starlette.responses import Response

MAX_ENTRIES = 1_000

Key = tuple[str, str]  # user, URL


class ResponseCache:
    """Keeps successful responses for `ttl` seconds; 0 turns it off."""

    def __init__(self, ttl: float) -> None:
        self.enabled = ttl > 0
        self._ttl = ttl
        self._entries: OrderedDict[Key, tuple[float, Response]] = OrderedDict()

    def get(self, key: Key) -> Response | None:
        """A copy of the response stored less than `ttl` seconds ago."""
        expires, response = self._entries.get(key, (0.0, None))
        if response is None or expires < time.monotonic():
            return None
        return _copy(response)

    def put(self, key: Key, response: Response) -> None:
        """Store a response, pushing out the oldest."""
        self._entries[key] = (time.monotonic() + self._ttl, _copy(response))
        self._entries.move_to_end(key)
        if len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)


def _copy(response: Response) -> Response:
    copy = Response(response.body, response.status_code)
    copy.raw_headers = list(response.raw_headers)
    return copy
