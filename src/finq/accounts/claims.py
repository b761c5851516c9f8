"""Who is calling: the claims of a verified ID token that FinQ uses."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Claims(BaseModel):
    """Made only from verified tokens: by `TokenVerifier` or, on the REST side, by API Gateway's authorizer.

    Attributes:
        sub: the user's id, in the user pool and in `users`.
        username: the user pool's name for the account; admin calls take it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    sub: Annotated[UUID, BeforeValidator(lambda value: UUID(value) if isinstance(value, str) else value)]
    email: str = Field(min_length=3, max_length=254)
    username: str = Field(alias="cognito:username", min_length=1, max_length=128)
