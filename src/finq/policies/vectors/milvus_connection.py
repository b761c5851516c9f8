"""The connection to Milvus. pymilvus is imported on first use, since it takes 0.4 s."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from finq import aws
from finq.policies.vectors.port import VectorStoreUnavailable
from finq.settings import VectorSettings

CONNECT_SECONDS = 0.8
WRITE_SECONDS = 60.0
_REST_SECONDS = 30.0  # after a failure, searches go elsewhere at once for so long
# pymilvus pings every 10 s, idle or not; servers that allow one in 5 minutes, Milvus Lite too, hang up on that.
_GRPC_OPTIONS = {"grpc.keepalive_time_ms": 600_000, "grpc.keepalive_permit_without_calls": False}


class MilvusConnection:
    """One client, opened on first use and again after a failure. Safe to share between threads.

    Attributes:
        writing: held by whoever writes, since writes to one collection must go one after another.
    """

    def __init__(self, settings: VectorSettings) -> None:
        self._settings = settings
        self._connected: Any = None
        self._rest_until = 0.0
        self.writing = threading.Lock()

    @property
    def resting(self) -> bool:
        """Whether Milvus failed a moment ago."""
        return time.monotonic() < self._rest_until

    def client(self, patience: float = CONNECT_SECONDS) -> Any:
        """pymilvus' `MilvusClient`; a new one gets `patience` seconds to connect."""
        if self._connected is None:
            from pymilvus import MilvusClient  # noqa: PLC0415 -- slow to import, see above

            # It would log a traceback, not JSON, for every failure that is handled here.
            logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
            secret_id = self._settings.milvus_secret_id
            token = aws.secret(secret_id)["token"] if secret_id else ""
            self._connected = MilvusClient(
                self._settings.milvus_uri,
                token=token,
                timeout=patience,
                grpc_options=_GRPC_OPTIONS,
                dedicated=True,  # else pymilvus may hand out another client's connection, with other options
            )
        return self._connected

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Any failure of pymilvus or gRPC as `VectorStoreUnavailable`, remembered as `resting`."""
        try:
            yield
        # pymilvus lets gRPC's, its own and plain ValueErrors ("closed channel") through; whichever it is, the
        # other store must answer.
        except Exception as error:
            self._rest_until = time.monotonic() + _REST_SECONDS
            self.close()
            raise VectorStoreUnavailable(f"Milvus failed: {type(error).__name__}") from error
        self._rest_until = 0.0

    def close(self) -> None:
        """Forget the client: it may have died since it was last used."""
        connected, self._connected = self._connected, None
        close: Callable[[], None] | None = getattr(connected, "close", None)
        if close is not None:
            close()
