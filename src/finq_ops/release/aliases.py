"""Lambda, CloudWatch and S3 as a release needs them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from finq_ops.release.plan import Published, ReleaseError

_ALARMS_A_CALL = 100


@dataclass(frozen=True)
class Route:
    """Where an alias sends its calls: to `version`, but for the share `weight` that goes to `canary`."""

    version: str
    canary: str | None = None
    weight: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What an invocation gave; `error` is Lambda's FunctionError."""

    payload: Any
    error: str | None


class Aliases:
    """Args:
    client: boto3's `lambda`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def route(self, function: Published) -> Route:
        """Where the function's alias sends its calls now."""
        alias = self._client.get_alias(FunctionName=function.name, Name=function.alias)
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        canary, weight = next(iter(weights.items()), (None, 0.0))
        return Route(alias["FunctionVersion"], canary, weight)

    def send(self, function: Published, route: Route) -> None:
        """Make the alias send its calls along `route`."""
        weights = {route.canary: route.weight} if route.canary else {}
        self._client.update_alias(
            FunctionName=function.name,
            Name=function.alias,
            FunctionVersion=route.version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    def kept_warm(self, function: Published) -> bool:
        """Whether the alias has Provisioned Concurrency: Lambda then refuses weights on it."""
        try:
            self._client.get_provisioned_concurrency_config(FunctionName=function.name, Qualifier=function.alias)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ProvisionedConcurrencyConfigNotFoundException":
                return False
            raise
        return True

    def wait_until_active(self, function: Published) -> None:
        """Block until the published version can be invoked.

        Raises:
            ReleaseError: Lambda cannot start it, e.g. for its image.
        """
        try:
            self._client.get_waiter("function_active_v2").wait(FunctionName=function.name, Qualifier=function.version)
        except WaiterError as error:
            raise ReleaseError(f"{function.name} version {function.version} does not become active: {error}") from error

    def invoke(self, function: Published, event: Any) -> Answer:
        """Call the published version itself, past the alias."""
        response = self._client.invoke(
            FunctionName=function.name, Qualifier=function.version, Payload=json.dumps(event).encode()
        )
        return Answer(json.loads(response["Payload"].read() or b"null"), response.get("FunctionError"))


class Alarms:
    """Args:
    client: boto3's `cloudwatch`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def ringing(self, names: Sequence[str]) -> set[str]:
        """Those in state ALARM.

        Raises:
            ReleaseError: one does not exist, so that nothing would hold back a bad release.
        """
        found: dict[str, str] = {}
        for first in range(0, len(names), _ALARMS_A_CALL):
            page = self._client.describe_alarms(AlarmNames=list(names[first : first + _ALARMS_A_CALL]))
            for alarm in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
                found[alarm["AlarmName"]] = alarm["StateValue"]
        if missing := sorted(set(names) - found.keys()):
            raise ReleaseError(f"there are no alarms {', '.join(missing)}")
        return {name for name, state in found.items() if state == "ALARM"}


class Record:
    """Which versions are live, and which were before: one JSON object in S3 for each environment.

    Args:
        client: boto3's `s3`.
    """

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._place = {"Bucket": bucket, "Key": key}

    def write(self, live: dict[str, str], before: dict[str, str]) -> None:
        """Function -> version, for both."""
        body = json.dumps({"live": live, "before": before}, indent=1, sort_keys=True).encode()
        self._client.put_object(**self._place, Body=body, ContentType="application/json")

    def before(self) -> dict[str, str]:
        """Function -> the version that was live before the last release.

        Raises:
            ReleaseError: nothing was released yet.
        """
        try:
            stored = self._client.get_object(**self._place)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                raise ReleaseError("no release is on record, so there is none to go back to") from None
            raise
        before: dict[str, str] = json.loads(stored)["before"]
        return before
