"""The policy bucket: what is in it, and its documents read many at a time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from finq import aws
from finq.errors import ServiceUnavailable
from finq.observability import logger

_READERS = 16
_AHEAD = 4 * _READERS  # documents read before they are asked for


@dataclass(frozen=True)
class StoredObject:
    """An object of the bucket; `size` in bytes."""

    key: str
    etag: str
    size: int


class PolicyBucket:
    """Reads a bucket of JSON documents."""

    def __init__(self, name: str, client: Any = None) -> None:
        self._name = name
        self._client = client or aws.client("s3")
        # boto3 spends 3 ms of processor time on each GetObject; a presigned URL and urllib3 spend 1.3 ms.
        self._http = urllib3.PoolManager(
            maxsize=_READERS,
            timeout=urllib3.Timeout(connect=3, read=20),
            retries=urllib3.Retry(3, backoff_factor=0.2, status_forcelist=(429, 500, 502, 503, 504), redirect=0),
        )

    @property
    def name(self) -> str:
        """Of the bucket."""
        return self._name

    def documents(self, prefix: str) -> list[StoredObject]:
        """Every `*.json` below `prefix`, in order of the key.

        Raises:
            ServiceUnavailable: the listing could not be completed.
        """
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix)
            found = [
                StoredObject(item["Key"], item["ETag"].strip('"'), item["Size"])
                for page in pages
                for item in page.get("Contents", ())
                if item["Key"].endswith(".json")
            ]
        except (ClientError, BotoCoreError) as error:
            logger.error("the policy bucket cannot be listed", bucket=self._name, error=str(error))
            raise ServiceUnavailable from error
        return sorted(found, key=lambda item: item.key)

    def read(self, objects: Sequence[StoredObject]) -> Iterator[tuple[StoredObject, bytes | None]]:
        """Contents in the order given, read ahead; None for an object that is gone by now.

        Raises:
            ServiceUnavailable: the bucket refuses or does not answer.
        """
        with ThreadPoolExecutor(_READERS, thread_name_prefix="read") as pool:
            waiting = iter(objects)
            running = [(item, pool.submit(self._get, item.key)) for item in islice(waiting, _AHEAD)]
            while running:
                item, body = running.pop(0)
                for following in islice(waiting, 1):
                    running.append((following, pool.submit(self._get, following.key)))
                yield item, body.result()

    def _get(self, key: str) -> bytes | None:
        url = self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._name, "Key": key}, ExpiresIn=300
        )
        try:
            response = self._http.request("GET", url)
        except urllib3.exceptions.HTTPError as error:
            # Its text holds the presigned URL, which must not be logged.
            logger.error("a policy document cannot be read", key=key, error=type(error).__name__)
            raise ServiceUnavailable from None
        if response.status == 404:
            return None
        if response.status != 200:
            logger.error("a policy document cannot be read", key=key, status=response.status)
            raise ServiceUnavailable
        return bytes(response.data)
