"""ID token verification against keys of our own, served over HTTP as Cognito serves them."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from finq.accounts.tokens import TokenVerifier
from finq.errors import ServiceUnavailable, Unauthorized
from finq.settings import CognitoSettings

SUB = "0b8c5f6e-58a1-4f6d-9d51-4d5a4f3a9a10"
POOL, CLIENT = "ap-northeast-2_Test12345", "client-1"


class Keys:
    """A JWKS endpoint whose answer a test may change."""

    def __init__(self) -> None:
        self.published: dict[str, RSAPrivateKey] = {}
        self.requests = 0
        self.answer: bytes | None = None
        keys = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                keys.requests += 1
                body = json.dumps({"keys": [_jwk(kid, key) for kid, key in keys.published.items()]}).encode()
                body = body if keys.answer is None else keys.answer
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def settings(self) -> CognitoSettings:
        return CognitoSettings.from_environment(
            {
                "AWS_REGION": "ap-northeast-2",
                "FINQ_USER_POOL_ID": POOL,
                "FINQ_USER_POOL_CLIENT_ID": CLIENT,
                "FINQ_JWKS_URL": f"http://127.0.0.1:{self.server.server_port}/jwks.json",
            }
        )


def _jwk(kid: str, key: RSAPrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwk | {"kid": kid, "alg": "RS256", "use": "sig"}


@pytest.fixture(scope="module")
def own_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def foreign_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture
def keys(own_key: RSAPrivateKey) -> Iterator[Keys]:
    keys = Keys()
    keys.published["key-1"] = own_key
    yield keys
    keys.server.shutdown()
    keys.server.server_close()


@pytest.fixture
def verifier(keys: Keys) -> TokenVerifier:
    return TokenVerifier(keys.settings())


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    payload = {
        "sub": SUB,
        "email": "haneul@example.com",
        "cognito:username": SUB,
        "iss": f"https://cognito-idp.ap-northeast-2.amazonaws.com/{POOL}",
        "aud": CLIENT,
        "token_use": "id",
        "iat": now,
        "exp": now + 3600,
    } | changes
    return {name: value for name, value in payload.items() if value is not None}


def signed(key: RSAPrivateKey, *, kid: str = "key-1", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm="RS256", headers={"kid": kid})


def _segment(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_a_token_of_the_pool_is_accepted(verifier: TokenVerifier, own_key: RSAPrivateKey) -> None:
    caller = verifier.verify(signed(own_key))
    assert (str(caller.sub), caller.email, caller.username) == (SUB, "haneul@example.com", SUB)


@pytest.mark.parametrize(
    "change",
    [
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"iat": None},
        {"aud": "client-2"},
        {"aud": None},
        {"iss": f"https://cognito-idp.ap-northeast-2.amazonaws.com/{POOL}x"},
        {"iss": None},
        {"token_use": "access"},
        {"token_use": None},
        {"sub": "not-a-uuid"},
        {"sub": None},
        {"email": None},
        {"cognito:username": None},
    ],
    ids=str,
)
def test_a_wrong_claim_is_refused(verifier: TokenVerifier, own_key: RSAPrivateKey, change: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized):
        verifier.verify(signed(own_key, **change))


def test_a_clock_a_little_off_is_forgiven(verifier: TokenVerifier, own_key: RSAPrivateKey) -> None:
    verifier.verify(signed(own_key, exp=int(time.time()) - 1))
    verifier.verify(signed(own_key, iat=int(time.time()) + 3))


def test_a_foreign_key_under_our_key_id_is_refused(verifier: TokenVerifier, foreign_key: RSAPrivateKey) -> None:
    with pytest.raises(Unauthorized):
        verifier.verify(signed(foreign_key))


def test_alg_none_is_refused(verifier: TokenVerifier) -> None:
    for algorithm in ("none", "None", "NONE", ""):
        token = f"{_segment({'alg': algorithm, 'kid': 'key-1'})}.{_segment(claims())}."
        with pytest.raises(Unauthorized):
            verifier.verify(token)


def test_hs256_with_the_public_key_as_secret_is_refused(verifier: TokenVerifier, own_key: RSAPrivateKey) -> None:
    public = own_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signing_input = f"{_segment({'alg': 'HS256', 'kid': 'key-1'})}.{_segment(claims())}"
    signature = hmac.new(public, signing_input.encode(), hashlib.sha256).digest()
    with pytest.raises(Unauthorized):
        verifier.verify(f"{signing_input}.{_segment(signature)}")


@pytest.mark.parametrize(
    "mangle",
    [
        lambda token: "",
        lambda token: "가.나.다",
        lambda token: "a.b.c",
        lambda token: token[:-20],
        lambda token: token + "x",
        lambda token: token.replace(".", ""),
        lambda token: "Bearer " + token,
        lambda token: token.split(".")[0] + "." + _segment(claims(sub=SUB[::-1])) + "." + token.split(".")[2],
    ],
)
def test_a_mangled_token_is_refused(
    verifier: TokenVerifier, own_key: RSAPrivateKey, mangle: Callable[[str], str]
) -> None:
    with pytest.raises(Unauthorized):
        verifier.verify(mangle(signed(own_key)))


def test_a_token_without_a_key_id_is_refused(verifier: TokenVerifier, own_key: RSAPrivateKey) -> None:
    with pytest.raises(Unauthorized):
        verifier.verify(jwt.encode(claims(), own_key, algorithm="RS256"))


def test_keys_are_fetched_once(verifier: TokenVerifier, keys: Keys, own_key: RSAPrivateKey) -> None:
    for _ in range(5):
        verifier.verify(signed(own_key))
    assert keys.requests == 1


def test_unknown_key_ids_cannot_make_us_hammer_the_pool(
    verifier: TokenVerifier, keys: Keys, foreign_key: RSAPrivateKey
) -> None:
    for n in range(20):
        with pytest.raises(Unauthorized):
            verifier.verify(signed(foreign_key, kid=f"made-up-{n}"))
    assert keys.requests == 1


def test_a_rotated_key_is_found_once_the_pause_is_over(
    keys: Keys, foreign_key: RSAPrivateKey, own_key: RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = TokenVerifier(keys.settings())
    verifier.verify(signed(own_key))
    keys.published["key-2"] = foreign_key
    started = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: started + 31)
    assert str(verifier.verify(signed(foreign_key, kid="key-2")).sub) == SUB
    assert keys.requests == 2


def test_keys_out_of_reach_are_503_and_not_401(keys: Keys, own_key: RSAPrivateKey) -> None:
    verifier = TokenVerifier(keys.settings())
    keys.server.shutdown()
    keys.server.server_close()
    with pytest.raises(ServiceUnavailable):
        verifier.verify(signed(own_key))


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b"{}", b'{"keys": 1}', b'{"keys": [{"kty": "RSA", "n": "?"}]}']
)
def test_what_is_no_key_set_is_503_and_not_401(keys: Keys, own_key: RSAPrivateKey, answer: bytes) -> None:
    keys.answer = answer
    with pytest.raises(ServiceUnavailable):
        TokenVerifier(keys.settings()).verify(signed(own_key))


def test_a_key_of_another_type_beside_ours_is_ignored(keys: Keys, own_key: RSAPrivateKey) -> None:
    keys.answer = json.dumps({"keys": [{"kty": "EC", "kid": "key-1"}, "?", _jwk("key-1", own_key)]}).encode()
    assert str(TokenVerifier(keys.settings()).verify(signed(own_key)).sub) == SUB


@pytest.mark.parametrize(
    "forge",
    [
        bytes,
        lambda size: b"\0" * (size - 1) + b"\1",
        lambda size: b"\xff" * size,
        lambda size: b"",
        lambda size: bytes(size + 1),
    ],
)
def test_a_made_up_signature_is_refused(
    verifier: TokenVerifier, own_key: RSAPrivateKey, forge: Callable[[int], bytes]
) -> None:
    signed_part = signed(own_key).rpartition(".")[0]
    with pytest.raises(Unauthorized):
        verifier.verify(f"{signed_part}.{_segment(forge(own_key.key_size // 8))}")
