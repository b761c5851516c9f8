"""What tests of the collector share: records, the Open API's stand-in, a watched bucket."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from finq.policies.collect import manifest
from finq.policies.collect.client import OpenApi
from finq.policies.collect.collector import PREFIX

KEY = "8f14e45f-ceea-467f-a0e6-6d5c1d1e5a33"
RECORDS = 50
PAGE_SIZE = 20


def record(number: int, **fields: str) -> dict[str, str]:
    return {
        "plcyNo": f"2026{number:04}",
        "plcyNm": f"청년 지원 {number}",
        "plcySprtCn": "월 20만원",
        "aplyPrdSeCd": "0057002",
        "inqCnt": "5",
        "sprvsnInstPicNm": "김담당",
        **fields,
    }


class Source:
    """The stand-in: change its list, make it fail, see what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/go/ythip/getPlcy"
        self._admin = httpx.Client(base_url=f"{url}/_standin", trust_env=False)

    def change(self, *put: dict[str, str], withdraw: tuple[str, ...] = (), after_calls: int = 0) -> None:
        body = {"put": put, "withdraw": withdraw, "after_calls": after_calls}
        self._admin.put("/records", json=body).raise_for_status()

    def fail(self, error: str, count: int = 1, *, after_calls: int = 0) -> None:
        fault = {"operation": "getPlcy", "error": error, "count": count, "after_calls": after_calls}
        self._admin.put("/faults", json=fault).raise_for_status()

    def calls(self) -> int:
        return int(self._admin.get("/calls").raise_for_status().json()["calls"]["getPlcy"])

    def reset(self) -> None:
        for path in ("/records", "/faults", "/calls"):
            self._admin.delete(path).raise_for_status()

    def api(self, key: str = KEY, **options: Any) -> OpenApi:
        return OpenApi(self.url, key, **{"page_size": PAGE_SIZE, "interval": 0, "sleep": lambda _: None, **options})


class Watched:
    """An S3 client that counts what changes a bucket, and breaks off at the given one."""

    CHANGES = ("put_object", "delete_objects")

    def __init__(self, client: Any) -> None:
        self._client = client
        self.made: list[str] = []
        self.broken_at: int | None = None

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        return self._counted(name, method) if name in self.CHANGES else method

    def _counted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            if self.broken_at is not None and len(self.made) >= self.broken_at:
                raise KeyboardInterrupt
            self.made.append(arguments.get("Key", name))
            return method(**arguments)

        return call


@dataclass
class Bucket:
    """A bucket of the test's own."""

    name: str
    client: Watched

    def stored(self) -> dict[str, dict[str, str]]:
        """Records by id, as the objects hold them."""
        keys = self._keys(PREFIX)
        found = {}
        for key in keys:
            content = json.loads(self.client.get_object(Bucket=self.name, Key=key)["Body"].read())
            assert key == f"{PREFIX}{content['plcyNo']}.json"
            found[content["plcyNo"]] = content
        return found

    def manifest(self) -> dict[str, str]:
        return manifest.Manifest.read(self.client, self.name).digests

    def changes(self) -> list[str]:
        """Keys written and removals made since the last look."""
        made, self.client.made = self.client.made, []
        return made

    def _keys(self, prefix: str) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]
