"""finkurn-load-policies: collects policies into the bucket, loads it, or tells how the last run stands.

Events: `{"prefix"?, "withdraw_missing"?, "action"?}` given directly or as the body of the Function URL; a
schedule's event starts a plain run. `{"action": "collect", "then"?: "load", "accept_vanished"?}` collects first;
`{"action": "verify", "repair"?}` compares what the stores hold, and mends it if asked to. `"withdraw_missing": "force"`
withdraws even if so many documents vanished that a plain run would not.
"""

import base64
import json
from functools import cache
from typing import Any, Literal

import pymilvus  # noqa: F401 -- here, while Lambda starts the function with a whole processor, not in the middle of a run
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finq import aws
from finq.database import database
from finq.errors import FinqError, InvalidInput, SourceUnavailable
from finq.observability import logger
from finq.policies.collect.client import OpenApi
from finq.policies.collect.collector import Collector
from finq.policies.embedding import TitanEmbedder
from finq.policies.etl import runs
from finq.policies.etl.loader import PolicyLoader
from finq.policies.etl.objects import PolicyBucket
from finq.policies.etl.verify import Verifier
from finq.policies.vectors import open_milvus
from finq.settings import EmbeddingSettings, OpenApiSettings, StorageSettings, VectorSettings, load


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    action: Literal["load", "collect", "status", "verify"] = "load"
    then: Literal["load"] | None = None
    accept_vanished: bool = False
    prefix: str = Field("", max_length=500)
    withdraw_missing: bool | Literal["force"] = True
    repair: bool = False


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A run's report, or `runs.latest` for `{"action": "status"}`; from the URL as an HTTP response.

    For `{"action": "collect"}` two reports, `{"collected", "loaded"}`; nothing is `loaded` unless asked for. For
    `{"action": "verify"}` a `Verification`, after the repair if there was one.

    Raises:
        FinqError: only when invoked directly; the URL answers with its status and error object.
    """
    if "http" not in event.get("requestContext", {}):
        # EventBridge and its Scheduler bring an envelope of their own, which says nothing to a loader.
        return _answer({} if "detail-type" in event else event)
    try:
        return _response(200, _answer(_body(event)))
    except FinqError as error:
        body = {"code": error.code, "message": error.message, "request_id": context.aws_request_id}
        return _response(error.status, {"error": body | ({"details": error.details} if error.details else {})})


def _answer(payload: Any) -> dict[str, Any]:
    try:
        request = _Request.model_validate(payload)
    except ValidationError as error:
        fields = {".".join(map(str, problem["loc"])) or "body": problem["msg"] for problem in error.errors()}
        raise InvalidInput(details={"fields": fields}) from None
    if request.action == "status":
        with database.transaction() as connection:
            return runs.latest(connection)
    if request.action == "verify":
        verifier = _verifier()
        return (verifier.repair() if request.repair else verifier.check()).as_json()
    if request.action == "collect":
        collected = _collector().run(accept_vanished=request.accept_vanished).as_json()
        return {"collected": collected, "loaded": _load(request) if request.then else None}
    return _load(request)


def _load(request: _Request) -> dict[str, Any]:
    # Who accepts that documents are removed accepts that their policies are withdrawn.
    withdraw = "force" if request.accept_vanished and request.withdraw_missing else request.withdraw_missing
    return _loader().run(prefix=request.prefix, withdraw_missing=withdraw).as_json()


@cache
def _loader() -> PolicyLoader:
    bucket = PolicyBucket(load(StorageSettings).policy_bucket)
    settings = load(EmbeddingSettings)
    # The loader makes failed calls again itself, at the pace that it finds.
    embedder = TitanEmbedder(settings, attempts=1)
    return PolicyLoader(database, bucket, embedder, open_milvus(load(VectorSettings)), settings.concurrency)


def _verifier() -> Verifier:
    return Verifier(database, open_milvus(load(VectorSettings)), TitanEmbedder(load(EmbeddingSettings)))


def _collector() -> Collector:
    settings = load(OpenApiSettings)
    aws.secret.cache_clear()  # a rotated key counts at once; this runs once a day
    key = aws.secret(settings.secret_id).get("api_key")
    if not key:
        raise SourceUnavailable(f"the secret {settings.secret_id} holds no api_key", retryable=False)
    return Collector(database, load(StorageSettings).policy_bucket, OpenApi(settings.url, key))


def _body(event: dict[str, Any]) -> Any:
    body = event.get("body") or "{}"
    try:
        return json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)
    except ValueError:
        raise InvalidInput(details={"fields": {"body": "JSON이어야 해요."}}) from None


def _response(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json; charset=utf-8"},
        "body": json.dumps(body, ensure_ascii=False),
    }
