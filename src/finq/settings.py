"""Every environment variable that FinQ's functions read, typed, in one place.

Nothing else in `finq` looks at `os.environ`. The group names and variables equal those of
`functions.yaml`; AWS's own variables (region, credentials, `AWS_ENDPOINT_URL_<SERVICE>`) are read by
boto3 itself, which is why no code here knows whether it runs on AWS or on a laptop.
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError


class SettingsError(RuntimeError):
    """A variable is missing or unusable. The message names each one and what is wrong with it."""


class _Group(BaseModel):
    # Built on first use: a function reads three of these groups, and imports them all.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the group's variables; an empty value counts as not set.

        Raises:
            SettingsError: with one line per variable that is missing or invalid.
        """
        source = os.environ if environment is None else environment
        values = {alias: source[alias] for alias in cls.variables() if source.get(alias)}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            lines = [f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors()]
            raise SettingsError("; ".join(lines)) from None

    @classmethod
    def variables(cls) -> list[str]:
        """Names of the environment variables of this group."""
        return [field.alias for field in cls.model_fields.values() if field.alias]


class DatabaseSettings(_Group):
    """PostgreSQL. The secret holds `username` and `password` as RDS writes it."""

    host: str = Field(alias="FINQ_DATABASE_HOST")
    port: int = Field(5432, alias="FINQ_DATABASE_PORT", ge=1, le=65535)
    name: str = Field("finkurn", alias="FINQ_DATABASE_NAME")
    secret_id: str = Field("finkurn/rds", alias="FINQ_DATABASE_SECRET_ID")
    sslmode: Literal["disable", "prefer", "require", "verify-full"] = Field("require", alias="FINQ_DATABASE_SSLMODE")


class VectorSettings(_Group):
    """Vector store. pgvector is always kept filled; it also answers when Milvus does not."""

    store: Literal["milvus", "pgvector"] = Field("milvus", alias="FINQ_VECTOR_STORE")
    milvus_uri: str = Field("", alias="FINQ_MILVUS_URI")
    milvus_secret_id: str = Field("", alias="FINQ_MILVUS_SECRET_ID")  # empty: no token (local Milvus)
    milvus_collection: str = Field("policy_embeddings", alias="FINQ_MILVUS_COLLECTION")


class EmbeddingSettings(_Group):
    """Titan Text Embeddings V2 or a drop-in."""

    model_id: str = Field("amazon.titan-embed-text-v2:0", alias="FINQ_EMBEDDING_MODEL_ID")
    # A variable is text, which no Literal of numbers takes.
    dimensions: Annotated[Literal[256, 512, 1024], BeforeValidator(int)] = Field(
        1024, alias="FINQ_EMBEDDING_DIMENSIONS"
    )
    # Calls at a time when policies are loaded: what a run starts with, and goes back up to after throttling.
    concurrency: int = Field(8, alias="FINQ_EMBEDDING_CONCURRENCY", ge=1, le=64)


class ModelSettings(_Group):
    """Chat models. Ids are inference profiles, since models retire; temperatures are the architecture's."""

    answer_model_id: str = Field("global.anthropic.claude-sonnet-4-6", alias="FINQ_ANSWER_MODEL_ID")
    router_model_id: str = Field("global.anthropic.claude-haiku-4-5-20251001-v1:0", alias="FINQ_ROUTER_MODEL_ID")
    supervisor_temperature: float = Field(0.1, alias="FINQ_SUPERVISOR_TEMPERATURE", ge=0, le=1)
    search_temperature: float = Field(0.3, alias="FINQ_SEARCH_TEMPERATURE", ge=0, le=1)
    answer_temperature: float = Field(0.7, alias="FINQ_ANSWER_TEMPERATURE", ge=0, le=1)
    supervisor_max_tokens: int = Field(300, alias="FINQ_SUPERVISOR_MAX_TOKENS", ge=1)
    search_max_tokens: int = Field(500, alias="FINQ_SEARCH_MAX_TOKENS", ge=1)
    answer_max_tokens: int = Field(4000, alias="FINQ_ANSWER_MAX_TOKENS", ge=1)


class CognitoSettings(_Group):
    """User pool `finkurn-users`."""

    region: str = Field("ap-northeast-2", alias="AWS_REGION")
    user_pool_id: str = Field(alias="FINQ_USER_POOL_ID")
    client_id: str = Field(alias="FINQ_USER_POOL_CLIENT_ID")
    jwks_url_override: str = Field("", alias="FINQ_JWKS_URL")

    @property
    def issuer(self) -> str:
        """`iss` of every token of the pool."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.user_pool_id}"

    @property
    def jwks_url(self) -> str:
        """Where the pool's signing keys are; emulators keep the real `iss` but serve keys elsewhere."""
        return self.jwks_url_override or f"{self.issuer}/.well-known/jwks.json"


class WebSocketSettings(_Group):
    """`@connections` endpoint of the WebSocket stage, without a trailing slash."""

    endpoint: str = Field(alias="FINQ_WEBSOCKET_ENDPOINT")


class ChatbotSettings(_Group):
    """Who answers messages."""

    function_name: str = Field("finkurn-chatbot", alias="FINQ_CHATBOT_FUNCTION")


class StorageSettings(_Group):
    """S3."""

    policy_bucket: str = Field("finkurn-policy-docs", alias="FINQ_POLICY_BUCKET")


class OpenApiSettings(_Group):
    """Open API of 온통청년, where policies come from. The secret holds `api_key`."""

    secret_id: str = Field("finkurn/openapi", alias="FINQ_OPENAPI_SECRET_ID")
    url: str = Field("https://www.youthcenter.go.kr/go/ythip/getPlcy", alias="FINQ_OPENAPI_URL")


class WebSearchSettings(_Group):
    """Tavily."""

    secret_id: str = Field("finkurn/tavily", alias="FINQ_TAVILY_SECRET_ID")
    url: str = Field("https://api.tavily.com", alias="FINQ_TAVILY_URL")


class MonitorSettings(_Group):
    """Daily look at the web. One search costs one Tavily credit."""

    searches: int = Field(100, alias="FINQ_MONITOR_SEARCHES", ge=1)


class RestSettings(_Group):
    """REST API."""

    web_origin: str = Field("*", alias="FINQ_WEB_ORIGIN")


Group = TypeVar("Group", bound=_Group)


@cache
def load(group: type[Group]) -> Group:
    """The group's settings, read from the environment once per process."""
    return group.from_environment()


def langsmith_traces() -> bool:
    """Whether one of LangSmith's own variables, which it reads itself, may turn its tracing on."""
    names = ("LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING")
    return any(os.environ.get(name) for name in names)
