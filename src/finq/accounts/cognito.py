"""The Cognito user pool: sign-up, login, password reset, erasure. Its exceptions become errors of FinQ here."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict

from finq import aws
from finq.errors import Conflict, FinqError, InvalidInput, ServiceUnavailable, TooManyRequests, Unauthorized
from finq.observability import logger
from finq.settings import CognitoSettings, load


class EmailTaken(Conflict):
    code = "EMAIL_TAKEN"
    message = "이미 가입한 이메일이에요. 로그인하거나 비밀번호를 다시 정해 주세요."


class AlreadyConfirmed(Conflict):
    code = "ALREADY_CONFIRMED"
    message = "이미 확인된 이메일이에요. 로그인해 주세요."


class WrongCode(InvalidInput):
    code = "CODE_MISMATCH"
    message = "인증번호가 맞지 않아요. 메일로 받은 번호를 다시 확인해 주세요."


class ExpiredCode(InvalidInput):
    code = "CODE_EXPIRED"
    message = "인증번호가 만료됐어요. 새 번호를 받아 주세요."


class WeakPassword(InvalidInput):
    code = "INVALID_PASSWORD"
    message = "비밀번호는 8자 이상이고 대문자, 소문자, 숫자, 특수문자를 모두 넣어야 해요."


class WrongCredentials(Unauthorized):
    code = "WRONG_CREDENTIALS"
    message = "이메일이나 비밀번호가 맞지 않아요."


class SessionExpired(Unauthorized):
    code = "SESSION_EXPIRED"
    message = "로그인이 만료됐어요. 다시 로그인해 주세요."


class EmailNotConfirmed(FinqError):
    code = "EMAIL_NOT_CONFIRMED"
    status = 403
    message = "이메일 확인이 아직 안 끝났어요. 메일로 받은 인증번호를 입력해 주세요."
    retryable = False


class PasswordResetRequired(FinqError):
    code = "PASSWORD_RESET_REQUIRED"
    status = 403
    message = "비밀번호를 다시 정해야 해요. 비밀번호 찾기를 이용해 주세요."
    retryable = False


class Tokens(BaseModel):
    """A session. `expires_in` is seconds."""

    model_config = ConfigDict(frozen=True)

    id_token: str
    access_token: str
    refresh_token: str
    expires_in: int
    user_id: str


Mapping = dict[str, type[FinqError]]

# What each exception means whichever call raised it; a call adds or overrides what is its own.
_ERRORS: Mapping = {
    "CodeMismatchException": WrongCode,
    "ExpiredCodeException": ExpiredCode,
    "InvalidPasswordException": WeakPassword,
    "UserNotConfirmedException": EmailNotConfirmed,
    "PasswordResetRequiredException": PasswordResetRequired,
    "UsernameExistsException": EmailTaken,
    "AliasExistsException": EmailTaken,
    "InvalidParameterException": InvalidInput,
    "LimitExceededException": TooManyRequests,
    "TooManyRequestsException": TooManyRequests,
    "TooManyFailedAttemptsException": TooManyRequests,
    "CodeDeliveryFailureException": ServiceUnavailable,
    "InternalErrorException": ServiceUnavailable,
    "ServiceUnavailable": ServiceUnavailable,
}


@contextmanager
def _translated(**own: type[FinqError]) -> Iterator[None]:
    """Turn botocore's exceptions into FinQ's. `own`: what exceptions mean in this call."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        meaning = own.get(code) or _ERRORS.get(code)
        # The exception's message may quote the e-mail address, so only its name is logged.
        (logger.info if meaning else logger.error)("user pool refused", reason=code)
        raise (meaning or FinqError)() from None
    except BotoCoreError as error:
        logger.warning("user pool is unreachable", error=type(error).__name__)
        raise ServiceUnavailable from None


class UserPool:
    """One user pool and its app client.

    That an e-mail address has an account is told at sign-up, and by `confirm` and `resend_code` once it is confirmed;
    login and password reset do not tell.
    """

    def __init__(self, settings: CognitoSettings) -> None:
        self._pool_id = settings.user_pool_id
        self._client_id = settings.client_id
        self._cognito = aws.client("cognito-idp", read_timeout=8, attempts=2)

    def sign_up(self, email: str, password: str) -> tuple[str, bool]:
        """Register; (user id, whether the account is confirmed already)."""
        with _translated():
            answer = self._cognito.sign_up(
                ClientId=self._client_id,
                Username=email,
                Password=password,
                UserAttributes=[{"Name": "email", "Value": email}],
            )
        return answer["UserSub"], answer["UserConfirmed"]

    def confirm(self, email: str, code: str) -> None:
        """Confirm a sign-up with the mailed code."""
        with _translated(NotAuthorizedException=AlreadyConfirmed, UserNotFoundException=WrongCode):
            self._cognito.confirm_sign_up(ClientId=self._client_id, Username=email, ConfirmationCode=code)

    def resend_code(self, email: str) -> None:
        """Mail the sign-up code again; nothing happens for an unknown address."""
        with (
            _unless_unknown(),
            _translated(InvalidParameterException=AlreadyConfirmed, UserNotFoundException=_UnknownUser),
        ):
            self._cognito.resend_confirmation_code(ClientId=self._client_id, Username=email)

    def log_in(self, email: str, password: str) -> Tokens:
        """Exchange a password for tokens."""
        parameters = {"USERNAME": email, "PASSWORD": password}
        with _translated(NotAuthorizedException=WrongCredentials, UserNotFoundException=WrongCredentials):
            answer = self._cognito.initiate_auth(
                ClientId=self._client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
            )
        if "AuthenticationResult" not in answer:  # an account made by an administrator must set a password first
            raise PasswordResetRequired
        return _tokens(answer["AuthenticationResult"])

    def refresh(self, refresh_token: str) -> Tokens:
        """New ID and access tokens; the refresh token stays unless the pool rotates it."""
        with _translated(NotAuthorizedException=SessionExpired, UserNotFoundException=SessionExpired):
            answer = self._cognito.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        return _tokens({"RefreshToken": refresh_token} | answer["AuthenticationResult"])

    def log_out(self, refresh_token: str) -> None:
        """Revoke the refresh token and the access tokens made with it."""
        with _translated(UnauthorizedException=SessionExpired, NotAuthorizedException=SessionExpired):
            self._cognito.revoke_token(ClientId=self._client_id, Token=refresh_token)

    def forgot_password(self, email: str) -> None:
        """Mail a reset code; nothing happens for an unknown or unconfirmed address."""
        with (
            _unless_unknown(),
            _translated(
                UserNotFoundException=_UnknownUser,
                InvalidParameterException=_UnknownUser,
                NotAuthorizedException=_UnknownUser,
            ),
        ):
            self._cognito.forgot_password(ClientId=self._client_id, Username=email)

    def reset_password(self, email: str, code: str, password: str) -> None:
        """Set a new password with the mailed code."""
        with _translated(UserNotFoundException=WrongCode, NotAuthorizedException=WrongCode):
            self._cognito.confirm_forgot_password(
                ClientId=self._client_id, Username=email, ConfirmationCode=code, Password=password
            )

    def erase(self, username: str) -> None:
        """Delete the account; fine when there is none any more."""
        with _unless_unknown(), _translated(UserNotFoundException=_UnknownUser):
            self._cognito.admin_delete_user(UserPoolId=self._pool_id, Username=username)


class _UnknownUser(FinqError):
    """Never leaves this module: an unknown address is answered like a known one."""


@contextmanager
def _unless_unknown() -> Iterator[None]:
    try:
        yield
    except _UnknownUser:
        return


def _tokens(result: dict[str, Any]) -> Tokens:
    payload = result["IdToken"].split(".")[1]
    # Fresh from the user pool, so its signature need not be checked to read the subject.
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return Tokens(
        id_token=result["IdToken"],
        access_token=result["AccessToken"],
        refresh_token=result["RefreshToken"],
        expires_in=result["ExpiresIn"],
        user_id=claims["sub"],
    )


@cache
def user_pool() -> UserPool:
    """This function's user pool."""
    return UserPool(load(CognitoSettings))
