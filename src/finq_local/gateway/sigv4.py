"""Verification of AWS Signature Version 4, computed with botocore as the clients compute it."""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.requests import Request

from finq_local.gateway.settings import GatewaySettings

AUTHORIZATION = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>\d{8}/[^/]+/[^/]+/aws4_request),\s*"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+),\s*Signature=(?P<signature>[0-9a-f]{64})$"
)
CLOCK_SKEW = timedelta(minutes=5)


class SignatureError(Exception):
    """Unsigned, signed by somebody else, for something else, or too long ago."""


def verify_signature(request: Request, body: bytes, service: str, settings: GatewaySettings) -> None:
    """Check the request's signature against the local credentials.

    Raises:
        SignatureError: see there.
    """
    match = AUTHORIZATION.match(request.headers.get("authorization", ""))
    if match is None:
        raise SignatureError("Missing Authentication Token")
    stamp = request.headers.get("x-amz-date", "")
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise SignatureError("X-Amz-Date is missing or malformed") from None
    if abs(datetime.now(UTC) - signed_at) > CLOCK_SKEW:
        raise SignatureError("Signature expired")
    names = match["headers"].split(";")
    if "host" not in names or match["key"] != settings.access_key_id:
        raise SignatureError("The security token included in the request is invalid.")
    if match["scope"] != f"{stamp[:8]}/{settings.region}/{service}/aws4_request":
        raise SignatureError("Credential should be scoped to a valid region and service.")
    claimed = request.headers.get("x-amz-content-sha256")
    if claimed not in (None, "UNSIGNED-PAYLOAD") and claimed != hashlib.sha256(body).hexdigest():
        raise SignatureError("The payload does not match its hash")
    if not hmac.compare_digest(_signature(request, body, names, service, settings), match["signature"]):
        raise SignatureError("The request signature we calculated does not match the signature you provided.")


def _signature(request: Request, body: bytes, names: list[str], service: str, settings: GatewaySettings) -> str:
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["raw_path"].decode("latin-1")
    url = f"http://{request.headers['host']}{path}" + (f"?{query}" if query else "")
    signed = AWSRequest(method=request.method, url=url, data=body)
    for name in names:
        signed.headers[name] = ",".join(request.headers.getlist(name))
    signed.context["timestamp"] = request.headers["x-amz-date"]
    credentials = Credentials(settings.access_key_id, settings.secret_access_key)
    auth = SigV4Auth(credentials, service, settings.region)
    signature: str = auth.signature(auth.string_to_sign(signed, auth.canonical_request(signed)), signed)
    return signature
