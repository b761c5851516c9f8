"""/api/auth and token verification against a real user pool."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from finq import aws as finq_aws
from finq import rest
from finq.accounts.cognito import user_pool
from finq.accounts.tokens import TokenVerifier
from finq.errors import ServiceUnavailable, Unauthorized
from finq.settings import CognitoSettings

PASSWORD = "Haneul!2026"
SIGN_UP_CODE, RESET_CODE = "123456", "654321"  # the emulator's; the service mails random ones

Post = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def post(aws_environment: Any, contract_checked: Callable[[str, str, int, Any], None]) -> Iterator[Post]:
    """Calls the function as API Gateway does; every answer is checked against the contract."""
    user_pool.cache_clear()
    from finq.functions.api import handler  # reads its settings as it is imported

    def call(path: str, body: Any, claims: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        resource = f"/api/auth/{path}"
        event = {
            "resource": resource,
            "httpMethod": "POST",
            "body": json.dumps(body),
            "requestContext": {"requestId": "r-1", "authorizer": {"claims": claims} if claims else None},
        }
        response = handler(event, None)
        answer = json.loads(response["body"])
        contract_checked("POST", resource, response["statusCode"], answer)
        return response["statusCode"], answer

    yield call
    user_pool.cache_clear()


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex}@example.com"


@pytest.fixture
def account(post: Post, email: str) -> str:
    """A confirmed account's e-mail address."""
    assert post("signup", {"email": email, "password": PASSWORD})[0] == 201
    assert post("confirm", {"email": email, "code": SIGN_UP_CODE})[0] == 200
    return email


def code_of(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


def test_from_sign_up_to_a_verified_token(post: Post, email: str) -> None:
    status, signed_up = post("signup", {"email": email, "password": PASSWORD})
    assert (status, signed_up["confirmed"]) == (201, False)
    assert code_of(post("login", {"email": email, "password": PASSWORD})) == (403, "EMAIL_NOT_CONFIRMED")
    assert code_of(post("confirm", {"email": email, "code": "000000"})) == (400, "CODE_MISMATCH")
    assert post("confirm", {"email": email, "code": SIGN_UP_CODE})[0] == 200

    status, tokens = post("login", {"email": email, "password": PASSWORD})
    assert status == 200
    assert tokens["user_id"] == signed_up["user_id"]
    assert tokens["expires_in"] > 0

    verifier = TokenVerifier(CognitoSettings.from_environment())
    caller = verifier.verify(tokens["id_token"])
    assert (str(caller.sub), caller.email) == (tokens["user_id"], email)
    for kind in ("access_token", "refresh_token"):
        with pytest.raises(Unauthorized):
            verifier.verify(tokens[kind])


def test_a_taken_address_is_409(post: Post, account: str) -> None:
    assert code_of(post("signup", {"email": account, "password": PASSWORD})) == (409, "EMAIL_TAKEN")
    assert code_of(post("confirm", {"email": account, "code": SIGN_UP_CODE})) == (409, "ALREADY_CONFIRMED")


@pytest.mark.parametrize("password", ["abcdefgh", "Abcdefgh", "Abcdefg1"])
def test_a_weak_password_is_refused_in_words(post: Post, email: str, password: str) -> None:
    status, body = post("signup", {"email": email, "password": password})
    assert (status, body["error"]["code"]) == (400, "INVALID_PASSWORD")
    assert "특수문자" in body["error"]["message"]


def test_login_does_not_tell_whether_the_account_exists(post: Post, account: str) -> None:
    wrong_password = post("login", {"email": account, "password": "Wrong!2026"})
    no_account = post("login", {"email": f"{uuid4().hex}@example.com", "password": PASSWORD})
    assert code_of(wrong_password) == (401, "WRONG_CREDENTIALS")
    assert wrong_password == no_account


@pytest.mark.parametrize("path", ["forgot-password", "resend-code"])
def test_asking_for_a_mail_does_not_tell_whether_the_account_exists(post: Post, email: str, path: str) -> None:
    post("signup", {"email": email, "password": PASSWORD})
    assert post(path, {"email": email}) == post(path, {"email": f"{uuid4().hex}@example.com"})


def test_a_forgotten_password_is_reset_by_code(post: Post, account: str) -> None:
    assert post("forgot-password", {"email": account})[0] == 200
    wrong = {"email": account, "code": "000000", "new_password": "Bada!2027"}
    assert code_of(post("reset-password", wrong)) == (400, "CODE_MISMATCH")
    weak = {"email": account, "code": RESET_CODE, "new_password": "badabada"}
    assert code_of(post("reset-password", weak)) == (400, "INVALID_PASSWORD")
    assert post("reset-password", {"email": account, "code": RESET_CODE, "new_password": "Bada!2027"})[0] == 200
    assert code_of(post("login", {"email": account, "password": PASSWORD})) == (401, "WRONG_CREDENTIALS")
    assert post("login", {"email": account, "password": "Bada!2027"})[0] == 200


def test_a_session_is_refreshed_until_logged_out(post: Post, account: str) -> None:
    _, first = post("login", {"email": account, "password": PASSWORD})
    status, second = post("refresh", {"refresh_token": first["refresh_token"]})
    assert status == 200
    assert second["user_id"] == first["user_id"]
    TokenVerifier(CognitoSettings.from_environment()).verify(second["id_token"])

    claims = {"sub": first["user_id"], "email": account, "cognito:username": first["user_id"]}
    assert post("logout", {"refresh_token": first["refresh_token"]}, claims)[0] == 200
    assert code_of(post("refresh", {"refresh_token": first["refresh_token"]})) == (401, "SESSION_EXPIRED")


def test_logout_wants_a_verified_caller(post: Post) -> None:
    assert code_of(post("logout", {"refresh_token": "x"})) == (401, "UNAUTHORIZED")


def test_a_made_up_refresh_token_is_401(post: Post) -> None:
    assert code_of(post("refresh", {"refresh_token": "made-up"})) == (401, "SESSION_EXPIRED")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("signup", {"email": "haneul", "password": PASSWORD}, "email"),
        ("signup", {"email": "a b@example.com", "password": PASSWORD}, "email"),
        ("signup", {"email": f"{'a' * 250}@example.com", "password": PASSWORD}, "email"),
        ("signup", {"email": "a@example.com", "password": "A!1a"}, "password"),
        ("signup", {"email": "a@example.com"}, "password"),
        ("confirm", {"email": "a@example.com", "code": "12345"}, "code"),
        ("confirm", {"email": "a@example.com", "code": 123456}, "code"),
        ("login", {"email": "a@example.com", "password": ""}, "password"),
        ("refresh", {"refresh_token": ""}, "refresh_token"),
        ("reset-password", {"email": "a@example.com", "code": "abcdef", "new_password": PASSWORD}, "code"),
    ],
)
def test_bad_input_names_the_field(post: Post, path: str, body: dict[str, Any], field: str) -> None:
    status, answer = post(path, body)
    assert (status, answer["error"]["code"]) == (400, "INVALID_INPUT")
    assert field in answer["error"]["details"]["fields"]


def test_an_account_is_erased_once_and_twice(post: Post, account: str) -> None:
    _, tokens = post("login", {"email": account, "password": PASSWORD})
    user_pool().erase(tokens["user_id"])
    user_pool().erase(tokens["user_id"])
    assert code_of(post("login", {"email": account, "password": PASSWORD})) == (401, "WRONG_CREDENTIALS")


def test_an_unreachable_user_pool_is_503(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    finq_aws.client.cache_clear()
    user_pool.cache_clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9")
    answer = post("login", {"email": "a@example.com", "password": PASSWORD})
    assert code_of(answer) == (503, ServiceUnavailable.code)


def test_nothing_personal_reaches_the_log(post: Post, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(rest.logger.registered_handler, "stream", stream)
    _, tokens = post("login", {"email": account, "password": PASSWORD})
    post("login", {"email": account, "password": "Wrong!2026"})
    post("confirm", {"email": account, "code": "000000"})
    log = stream.getvalue()
    assert "user pool refused" in log
    assert '"operation":"logIn"' in log
    for private in (account, PASSWORD, "Wrong!2026", tokens["id_token"][-40:], tokens["refresh_token"][-40:]):
        assert private not in log
