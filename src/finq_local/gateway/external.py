"""Workers that something else starts (containers), which join over the Runtime API."""

import asyncio

from finq_local.gateway.pool import FunctionPool
from finq_local.gateway.runtime_api import RuntimeConnection
from finq_local.gateway.settings import Limits
from finq_local.gateway.worker import Worker


class ExternalSession:
    """Connections of one function's port: each is a worker, since nothing else tells them apart.

    A connection that ends is a dead worker, with one exception. The runtime's HTTP client, libcurl, uses no connection
    again that has lain idle for 118 s: after a call that long it drops it and posts the result on a new one.
    """

    def __init__(self, pool: FunctionPool, limits: Limits) -> None:
        self._pool = pool
        self._limits = limits
        self._workers: dict[RuntimeConnection, Worker] = {}
        self._between: set[Worker] = set()  # workers that may be about to connect again

    def next(self, connection: RuntimeConnection) -> None:
        """Implements `Session.next`."""
        if connection not in self._workers:
            self._workers[connection] = self._pool.adopt()
        self._workers[connection].next(connection)

    def respond(self, request_id: str, body: bytes | None) -> int:
        """Implements `Session.respond`."""
        worker = self._running(request_id)
        status = worker.respond(request_id, body) if worker else 400
        self._leave(worker)
        return status

    def fail(self, request_id: str, body: bytes) -> int:
        """Implements `Session.fail`."""
        worker = self._running(request_id)
        status = worker.fail(request_id, body) if worker else 400
        self._leave(worker)
        return status

    def init_failed(self, body: bytes) -> None:
        """Implements `Session.init_failed`."""
        self._pool.external_init_failed(body)

    def disconnected(self, connection: RuntimeConnection) -> None:
        """Implements `Session.disconnected`."""
        worker = self._workers.pop(connection, None)
        if worker is None:
            return
        if worker.current is None or worker.current.age < self._limits.runtime_idle:
            worker.disconnected(connection)
            return
        self._between.add(worker)
        asyncio.get_running_loop().call_later(self._limits.runtime_reconnect, self._give_up, worker, connection)

    def _give_up(self, worker: Worker, connection: RuntimeConnection) -> None:
        if worker in self._between:
            self._between.remove(worker)
            worker.disconnected(connection)

    def _leave(self, worker: Worker | None) -> None:
        """After its result a worker on a new connection joins as another."""
        if worker in self._between:
            self._between.remove(worker)
            worker.ended(None)

    def _running(self, request_id: str) -> Worker | None:
        workers = (*self._workers.values(), *self._between)
        return next((w for w in workers if w.current and w.current.request_id == request_id), None)
