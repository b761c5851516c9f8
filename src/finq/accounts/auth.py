"""Operations of /api/auth."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from finq.accounts.claims import Claims
from finq.accounts.cognito import Tokens, user_pool
from finq.rest import Body, operation

Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Password = Annotated[str, StringConstraints(min_length=8, max_length=128)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class Notice(BaseModel):
    message: str


class EmailOnly(Body):
    email: Email


class SignUp(EmailOnly):
    password: Password


class ConfirmSignUp(EmailOnly):
    code: Code


class LogIn(EmailOnly):
    password: str = Field(min_length=1, max_length=128)


class RefreshToken(Body):
    refresh_token: str = Field(min_length=1, max_length=4096)


class ResetPassword(EmailOnly):
    code: Code
    new_password: Password


class SignedUp(BaseModel):
    user_id: str
    confirmed: bool
    message: str


@operation("signUp")
def sign_up(body: SignUp) -> tuple[int, SignedUp]:
    user_id, confirmed = user_pool().sign_up(body.email, body.password)
    message = "가입됐어요. 로그인해 주세요." if confirmed else "메일로 보낸 인증번호를 입력해 주세요."
    return 201, SignedUp(user_id=user_id, confirmed=confirmed, message=message)


@operation("confirmSignUp")
def confirm_sign_up(body: ConfirmSignUp) -> Notice:
    user_pool().confirm(body.email, body.code)
    return Notice(message="이메일이 확인됐어요. 이제 로그인해 주세요.")


@operation("resendCode")
def resend_code(body: EmailOnly) -> Notice:
    user_pool().resend_code(body.email)
    return Notice(message="가입한 이메일이라면 인증번호를 다시 보냈어요.")


@operation("logIn")
def log_in(body: LogIn) -> Tokens:
    return user_pool().log_in(body.email, body.password)


@operation("refreshToken")
def refresh_token(body: RefreshToken) -> Tokens:
    return user_pool().refresh(body.refresh_token)


@operation("forgotPassword")
def forgot_password(body: EmailOnly) -> Notice:
    user_pool().forgot_password(body.email)
    return Notice(message="가입한 이메일이라면 인증번호를 보냈어요. 메일을 확인해 주세요.")


@operation("resetPassword")
def reset_password(body: ResetPassword) -> Notice:
    user_pool().reset_password(body.email, body.code, body.new_password)
    return Notice(message="비밀번호가 바뀌었어요. 새 비밀번호로 로그인해 주세요.")


@operation("logOut")
def log_out(claims: Claims, body: RefreshToken) -> Notice:
    user_pool().log_out(body.refresh_token)
    return Notice(message="로그아웃했어요.")
