"""The Cognito user pool authorizer of a REST API."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt

from finq.errors import ServiceUnavailable, Unauthorized
from finq.settings import CognitoSettings, SettingsError

# Raises Unauthorized for a token that is not a valid ID token of the pool.
Verify = Callable[[str], object]


class AuthorizerUnavailable(Exception):
    """The user pool is not configured or its keys cannot be fetched."""


def cognito_verifier() -> Verify:
    """Verifier of the pool named by the FINQ_USER_POOL_* variables, read at the first token."""
    from finq.accounts.tokens import TokenVerifier  # noqa: PLC0415 - loads PyCryptodome

    verifier: TokenVerifier | None = None

    def verify(token: str) -> object:
        nonlocal verifier
        if verifier is None:
            verifier = TokenVerifier(CognitoSettings.from_environment())
        return verifier.verify(token)

    return verify


class CognitoAuthorizer:
    """Turns an `Authorization` header into the claims that a function sees."""

    def __init__(self, verify: Verify) -> None:
        self._verify = verify

    async def claims(self, header: str) -> dict[str, str]:
        """Claims as strings, as API Gateway passes them.

        Raises:
            Unauthorized: no valid ID token.
            AuthorizerUnavailable: see there.
        """
        scheme, _, rest = header.strip().partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else header.strip()
        if not token:
            raise Unauthorized
        try:
            await asyncio.to_thread(self._verify, token)  # may fetch the pool's keys
        except (SettingsError, ServiceUnavailable) as error:
            raise AuthorizerUnavailable(str(error)) from error
        verified = jwt.decode(token, options={"verify_signature": False})
        return {name: _claim(name, value) for name, value in verified.items()}


def _claim(name: str, value: Any) -> str:
    if name in ("exp", "iat"):
        return f"{datetime.fromtimestamp(value, UTC):%a %b %d %H:%M:%S UTC %Y}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)
