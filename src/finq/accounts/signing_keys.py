"""The public keys of a user pool, as it serves them: a JSON Web Key Set (RFC 7517)."""

import time
import urllib.request
from http.client import HTTPException
from threading import Lock
from typing import Any, Literal

from Crypto.PublicKey import RSA
from pydantic import Base64UrlBytes, BaseModel, Field, ValidationError, field_validator

_LIFESPAN_SECONDS = 3600
_PAUSE_SECONDS = 30
_TIMEOUT_SECONDS = 3


class KeysUnavailable(Exception):
    """The user pool does not answer, or not with a key set."""


class _Key(BaseModel):
    """An RSA key: modulus and exponent are big-endian bytes in base64url without padding (RFC 7518, 6.3.1)."""

    kty: Literal["RSA"]
    kid: str
    modulus: Base64UrlBytes = Field(alias="n")
    exponent: Base64UrlBytes = Field(alias="e")

    @field_validator("modulus", "exponent", mode="before")
    @classmethod
    def _padded(cls, value: Any) -> Any:
        return value + "=" * (-len(value) % 4) if isinstance(value, str) else value

    def rsa(self) -> RSA.RsaKey:
        return RSA.construct((int.from_bytes(self.modulus), int.from_bytes(self.exponent)))


class _KeySet(BaseModel):
    keys: list[_Key]

    @field_validator("keys", mode="before")
    @classmethod
    def _of_a_known_type(cls, keys: Any) -> Any:
        """Keys of another type are to be ignored (RFC 7517, section 5)."""
        if not isinstance(keys, list):
            return keys
        return [key for key in keys if isinstance(key, dict) and key.get("kty") == "RSA"]


class SigningKeys:
    """Keys by their id: fetched once an hour and, at most every 30 seconds, for an id not seen before."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, RSA.RsaKey] = {}
        self._fetched_at = float("-inf")
        self._lock = Lock()

    def get(self, key_id: str) -> RSA.RsaKey | None:
        """The key, or None where the pool has no such key.

        Raises:
            KeysUnavailable: see there.
        """
        with self._lock:
            age = time.monotonic() - self._fetched_at
            if age > _LIFESPAN_SECONDS or (key_id not in self._keys and age > _PAUSE_SECONDS):
                self._keys = self._fetch()
                self._fetched_at = time.monotonic()
            return self._keys.get(key_id)

    def _fetch(self) -> dict[str, RSA.RsaKey]:
        try:
            with urllib.request.urlopen(self._url, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - from settings
                key_set = _KeySet.model_validate_json(response.read())
            return {key.kid: key.rsa() for key in key_set.keys}
        except (OSError, HTTPException, ValidationError, ValueError) as error:
            raise KeysUnavailable(type(error).__name__) from error
