"""Verifies Cognito ID tokens where no API Gateway authorizer does it: on WebSocket connections."""

from functools import cache

import jwt
from pydantic import ValidationError

from finq.accounts.claims import Claims
from finq.errors import ServiceUnavailable, Unauthorized
from finq.observability import logger
from finq.settings import CognitoSettings, load

_ALGORITHM = "RS256"  # the only one Cognito signs with; naming it here shuts out `none` and HS256
_LEEWAY_SECONDS = 5


class TokenVerifier:
    """Checks signature, issuer, audience, lifetime and use of ID tokens of one user pool client.

    The pool's keys are fetched once an hour and, at most every 30 seconds, for a key id not seen before.
    """

    def __init__(self, settings: CognitoSettings) -> None:
        self._settings = settings
        self._keys = jwt.PyJWKClient(settings.jwks_url, lifespan=3600, timeout=3, cooldown_duration=30)

    def verify(self, token: str) -> Claims:
        """Claims of `token`.

        Raises:
            Unauthorized: it is malformed, expired, foreign, or not an ID token.
            ServiceUnavailable: the pool's keys cannot be fetched.
        """
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != _ALGORITHM or "kid" not in header:
                raise Unauthorized
            payload = jwt.decode(
                token,
                self._keys.get_signing_key(header["kid"]),
                algorithms=[_ALGORITHM],
                issuer=self._settings.issuer,
                audience=self._settings.client_id,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "token_use"]},
            )
            if payload["token_use"] != "id":  # noqa: S105 - a kind of token, not one
                raise Unauthorized
            return Claims.model_validate(payload)
        except (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError) as error:
            logger.error("signing keys cannot be had", reason=type(error).__name__)
            raise ServiceUnavailable from error
        except (jwt.PyJWTError, ValidationError) as error:
            # The reason helps whoever debugs a client; the token itself stays out of the log.
            logger.info("token refused", reason=type(error).__name__)
            raise Unauthorized from None


@cache
def verifier() -> TokenVerifier:
    """The verifier of this function's user pool, with its keys kept between invocations."""
    return TokenVerifier(load(CognitoSettings))
