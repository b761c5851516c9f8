"""A collection: the whole list of the Open API -> the objects of the policy bucket that differ from it.

First the list is read, onto disk, then the bucket is changed. What was read of a list that could not be read to
its end is stored all the same; nothing is removed then, since what was not seen may still be there.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from finq import aws
from finq.database import Database
from finq.errors import ServiceUnavailable, SourceUnavailable
from finq.observability import logger
from finq.policies.collect.client import OpenApi, Page
from finq.policies.collect.manifest import PENDING, DamagedManifest, Manifest
from finq.policies.collect.paging import UnstableList, read_all
from finq.policies.collect.records import Record
from finq.policies.collect.report import CollectReport
from finq.policies.collect.spool import Spool
from finq.policies.etl.run import Run

PREFIX = "policies/"
# A list that lost more than this at once is taken for a mistake of its source until somebody says otherwise.
MOST_VANISHING = 0.2
_WRITERS = 8
_DELETED_AT_ONCE = 1000  # S3's limit
_PAGES_A_REPORT = 5


class Collector:
    """Collects into one bucket. One run at a time, and none while the loader runs.

    Args:
        seconds: how long the list may be read; what is left of a function's time belongs to the bucket and the
            loader.
    """

    def __init__(
        self, database: Database, bucket: str, source: OpenApi, *, seconds: float = 300, client: Any = None
    ) -> None:
        self._database = database
        self._bucket = bucket
        self._source = source
        self._seconds = seconds
        self._s3 = client or aws.client("s3")

    def run(self, *, accept_vanished: bool = False) -> CollectReport:
        """Bring the bucket up to the list.

        Args:
            accept_vanished: remove however many vanished.

        Raises:
            Conflict: another run is going on.
            SourceUnavailable: not even a first page came; the bucket is as it was.
            ServiceUnavailable: PostgreSQL or the bucket does not answer; the next run makes up for it.
        """
        run = Run(self._database, self._source.url, CollectReport())
        with run, self._bucket_answers():
            manifest = Manifest.read(self._s3, self._bucket)
            with Spool(manifest.digests) as spool:
                listed = self._read(run, spool)
                run.report.stage = "storing"
                vanished = self._vanished(run.report, manifest, spool, listed, accept_vanished=accept_vanished)
                self._store(run, manifest, spool, vanished)
        log = logger.info if run.report.complete and not run.report.held_back else logger.error
        log("policies collected", **run.report.as_json())
        return run.report

    def _read(self, run: Run[CollectReport], spool: Spool) -> frozenset[str] | None:
        """Ids of the complete list; None where it was not complete, and the report says why."""
        report = run.report
        deadline = time.monotonic() + self._seconds

        def page(number: int) -> Page:
            if time.monotonic() > deadline:
                raise SourceUnavailable(f"the list was not read within {self._seconds:.0f} s")
            read = self._source.page(number)
            report.pages += 1
            if report.pages % _PAGES_A_REPORT == 1:
                run.progress()
            return read

        try:
            listed = read_all(page, spool.take)
        except (SourceUnavailable, UnstableList) as error:
            if not report.pages:
                raise
            report.reason = str(error)
            return None
        report.complete = True
        report.unusable = len(listed & spool.unusable())
        report.listed = len(listed) - report.unusable
        return listed

    def _vanished(
        self,
        report: CollectReport,
        manifest: Manifest,
        spool: Spool,
        listed: frozenset[str] | None,
        *,
        accept_vanished: bool,
    ) -> list[str]:
        """Ids whose objects are to be removed."""
        if listed is None:
            report.unusable = len(spool.unusable())
            return []
        for id_ in set(spool.differing()) - listed:  # seen, and gone before the end
            spool.forget(id_)
        vanished = sorted(manifest.digests.keys() - listed)
        if not vanished:
            return []
        share = len(vanished) / len(manifest.digests)
        if report.unusable:
            report.reason = f"{report.unusable} records have no usable number and may be those that seem to be gone"
        elif share > MOST_VANISHING and not accept_vanished:
            report.reason = f"{share:.0%} of the stored records are gone, more than {MOST_VANISHING:.0%}"
        else:
            return vanished
        report.held_back = len(vanished)
        return []

    def _store(self, run: Run[CollectReport], manifest: Manifest, spool: Spool, vanished: list[str]) -> None:
        report, differing = run.report, spool.differing()
        report.new = sum(id_ not in manifest.digests for id_ in differing)
        report.changed = len(differing) - report.new
        if report.complete:
            report.unchanged = report.listed - len(differing)
        run.progress()
        if not differing and not vanished:
            return
        manifest.digests.update(dict.fromkeys((*differing, *vanished), PENDING))
        about = {"run_id": str(run.id), "source": self._source.url, "complete": report.complete}
        self._write_manifest(manifest, about)
        with ThreadPoolExecutor(_WRITERS, thread_name_prefix="store") as pool:
            waiting = spool.records()
            while batch := list(islice(waiting, 16 * _WRITERS)):
                list(pool.map(self._put, batch))
                manifest.digests.update((record.id, record.digest) for record in batch)
                run.progress()
        for start in range(0, len(vanished), _DELETED_AT_ONCE):
            self._delete(vanished[start : start + _DELETED_AT_ONCE])
        for id_ in vanished:
            del manifest.digests[id_]
        report.removed = len(vanished)
        self._write_manifest(manifest, about)

    def _write_manifest(self, manifest: Manifest, about: dict[str, Any]) -> None:
        stored = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "total": len(manifest.digests)}
        manifest.write(self._s3, self._bucket, about | stored)

    def _put(self, record: Record) -> None:
        self._s3.put_object(
            Bucket=self._bucket, Key=f"{PREFIX}{record.id}.json", Body=record.body, ContentType="application/json"
        )

    def _delete(self, ids: list[str]) -> None:
        objects = [{"Key": f"{PREFIX}{id_}.json"} for id_ in ids]
        answer = self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
        if errors := answer.get("Errors"):
            logger.error("vanished policies could not be removed", count=len(errors), code=errors[0].get("Code"))
            raise ServiceUnavailable

    @contextmanager
    def _bucket_answers(self) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError, DamagedManifest) as error:
            logger.error("the policy bucket cannot be used", bucket=self._bucket, error=str(error))
            raise ServiceUnavailable from error
