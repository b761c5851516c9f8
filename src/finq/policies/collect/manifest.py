"""The manifest: what the collector has put into the bucket, so that a run reads no object to know what changed.

`manifest/policies.jsonl`, whose name the loader passes over: a first line about the run that wrote it, then one line
for each object, `{"id", "digest"}`. An empty digest marks an object that was about to be written or removed: the
manifest is written before the objects as well as after them, so it names every object of the collector's whenever
a run ends, and none as stored that may not be.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from finq.errors import Conflict

KEY = "manifest/policies.jsonl"
PENDING = ""
_SOMEBODY_ELSE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class DamagedManifest(Exception):
    """It cannot be read."""


@dataclass
class Manifest:
    """Digests by id. `etag` is that of the object it was read from or written to; None: there is none yet."""

    digests: dict[str, str] = field(default_factory=dict)
    etag: str | None = None

    @classmethod
    def read(cls, s3: Any, bucket: str) -> "Manifest":
        """What the last run left.

        Raises:
            ClientError, BotoCoreError: the bucket does not answer.
            DamagedManifest: it is not what `write` writes.
        """
        try:
            stored = s3.get_object(Bucket=bucket, Key=KEY)
        except s3.exceptions.NoSuchKey:
            return cls()
        lines = stored["Body"].iter_lines()
        try:
            next(lines)
            entries = [json.loads(line) for line in lines]
            return cls({str(entry["id"]): str(entry["digest"]) for entry in entries}, stored["ETag"])
        except (StopIteration, KeyError, TypeError, ValueError):
            raise DamagedManifest(f"s3://{bucket}/{KEY} is damaged; remove it, and everything is stored anew") from None

    def write(self, s3: Any, bucket: str, about: dict[str, Any]) -> None:
        """Replace the object, which must be the one that was read; `about` becomes its first line.

        Raises:
            Conflict: somebody else has written it since.
            ClientError, BotoCoreError: the bucket does not answer.
        """
        entries = ({"id": id_, "digest": digest} for id_, digest in sorted(self.digests.items()))
        body = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in (about, *entries))
        only_if = {"IfMatch": self.etag} if self.etag else {"IfNoneMatch": "*"}
        try:
            written = s3.put_object(
                Bucket=bucket, Key=KEY, Body=body.encode(), ContentType="application/jsonl", **only_if
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _SOMEBODY_ELSE:
                raise Conflict("다른 수집 작업이 정책 저장소를 바꿨어요. 다시 시도해 주세요.") from error
            raise
        self.etag = written["ETag"]
