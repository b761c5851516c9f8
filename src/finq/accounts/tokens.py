"""Verifies Cognito ID tokens where no API Gateway authorizer does it: on WebSocket connections.

PyJWT reads tokens and checks their claims. Signatures are checked by PyCryptodome: `cryptography`, which PyJWT would
take, brings all of OpenSSL, which is a third of a function's zip.
"""

from functools import cache
from typing import Any

import jwt
from Crypto.Hash import SHA256
from Crypto.Signature import pkcs1_15
from pydantic import ValidationError

from finq.accounts.claims import Claims
from finq.accounts.signing_keys import KeysUnavailable, SigningKeys
from finq.errors import ServiceUnavailable, Unauthorized
from finq.observability import logger
from finq.settings import CognitoSettings, load

_ALGORITHM = "RS256"  # the only one Cognito signs with; naming it here shuts out `none` and HS256
_LEEWAY_SECONDS = 5


class TokenVerifier:
    """Checks signature, issuer, audience, lifetime and use of ID tokens of one user pool client."""

    def __init__(self, settings: CognitoSettings) -> None:
        self._settings = settings
        self._keys = SigningKeys(settings.jwks_url)

    def verify(self, token: str) -> Claims:
        """Claims of `token`.

        Raises:
            Unauthorized: it is malformed, expired, foreign, or not an ID token.
            ServiceUnavailable: the pool's keys cannot be fetched.
        """
        try:
            parts = jwt.decode_complete(
                token,
                issuer=self._settings.issuer,
                audience=self._settings.client_id,
                leeway=_LEEWAY_SECONDS,
                options={
                    "verify_signature": False,  # next
                    "verify_exp": True,
                    "verify_nbf": True,
                    "verify_iat": True,
                    "verify_iss": True,
                    "verify_aud": True,
                    "require": ["exp", "iat", "iss", "aud", "sub", "token_use"],
                },
            )
            self._check_signature(token, parts["header"], parts["signature"])
            payload = parts["payload"]
            if payload["token_use"] != "id":  # noqa: S105 - a kind of token, not one
                raise Unauthorized
            return Claims.model_validate(payload)
        except KeysUnavailable as error:
            logger.error("signing keys cannot be had", reason=str(error))
            raise ServiceUnavailable from error
        except (jwt.PyJWTError, ValidationError) as error:
            # The reason helps whoever debugs a client; the token itself stays out of the log.
            logger.info("token refused", reason=type(error).__name__)
            raise Unauthorized from None

    def _check_signature(self, token: str, header: dict[str, Any], signature: bytes) -> None:
        """RSASSA-PKCS1-v1_5 with SHA-256 over all but the signature (RFC 7515, 5.2; RFC 7518, 3.3)."""
        if header.get("alg") != _ALGORITHM or "kid" not in header:
            raise Unauthorized
        key = self._keys.get(header["kid"])
        if key is None:
            raise jwt.InvalidKeyError
        signed, _, _ = token.rpartition(".")
        try:
            pkcs1_15.new(key).verify(SHA256.new(signed.encode()), signature)
        except ValueError as error:
            raise jwt.InvalidSignatureError from error


@cache
def verifier() -> TokenVerifier:
    """The verifier of this function's user pool, with its keys kept between invocations."""
    return TokenVerifier(load(CognitoSettings))
