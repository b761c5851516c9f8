"""Environment variables of the stand-ins.

| variable | meaning |
|---|---|
| FINQ_STANDIN_HOST | address to listen on, default 127.0.0.1 (a container needs 0.0.0.0) |
| FINQ_BEDROCK_PORT, FINQ_TAVILY_PORT, FINQ_OPENAPI_PORT | default 8791, 8792, 8793 |
| FINQ_BEDROCK_FIRST_TOKEN_MS, FINQ_BEDROCK_TOKEN_MS | pace of answers, default 0: as fast as possible |
| FINQ_BEDROCK_RECORD | 1 keeps the last 50 requests for `GET /_standin/calls` (they carry message text) |
| FINQ_EMBEDDING_CACHE | folder for computed embeddings; unset: none on disk |
| FINQ_OPENAPI_RECORDS | file of policy records, one a line; unset: the sample policies |
| FINQ_OPENAPI_RATE | requests a second that the Open API allows, default 50 |
| FINQ_LLM_URL, FINQ_LLM_MODEL | OpenAI-compatible server that answers instead of the rules |
| FINQ_LLM_API_KEY, FINQ_LLM_EMBEDDING_MODEL | its key; its embedding model, unset: embeddings stay local |
"""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator


class BedrockSettings(BaseModel):
    """Settings of the Bedrock stand-in; empty variables count as not set."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    port: int = Field(8791, alias="FINQ_BEDROCK_PORT", ge=1, le=65535)
    first_token_ms: float = Field(0, alias="FINQ_BEDROCK_FIRST_TOKEN_MS", ge=0)
    token_ms: float = Field(0, alias="FINQ_BEDROCK_TOKEN_MS", ge=0)
    record: bool = Field(False, alias="FINQ_BEDROCK_RECORD")
    embedding_cache: Path | None = Field(None, alias="FINQ_EMBEDDING_CACHE")
    llm_url: str | None = Field(None, alias="FINQ_LLM_URL", pattern=r"^https?://")
    llm_model: str | None = Field(None, alias="FINQ_LLM_MODEL")
    llm_api_key: str | None = Field(None, alias="FINQ_LLM_API_KEY", repr=False)
    llm_embedding_model: str | None = Field(None, alias="FINQ_LLM_EMBEDDING_MODEL")

    @model_validator(mode="after")
    def _model_with_url(self) -> "BedrockSettings":
        if self.llm_url and not self.llm_model:
            raise ValueError("FINQ_LLM_URL needs FINQ_LLM_MODEL, the name of the model to ask there")
        return self


class TavilySettings(BaseModel):
    """Settings of the Tavily stand-in."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    port: int = Field(8792, alias="FINQ_TAVILY_PORT", ge=1, le=65535)


class OpenApiSettings(BaseModel):
    """Settings of the Open API stand-in."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    port: int = Field(8793, alias="FINQ_OPENAPI_PORT", ge=1, le=65535)
    records: Path | None = Field(None, alias="FINQ_OPENAPI_RECORDS")
    rate: int = Field(50, alias="FINQ_OPENAPI_RATE", ge=1)


def bedrock_settings() -> BedrockSettings:
    """From the environment.

    Raises:
        pydantic.ValidationError: naming the variable that is unusable.
    """
    return BedrockSettings.model_validate(_set_variables())


def tavily_settings() -> TavilySettings:
    """From the environment; raises as `bedrock_settings` does."""
    return TavilySettings.model_validate(_set_variables())


def openapi_settings() -> OpenApiSettings:
    """From the environment; raises as `bedrock_settings` does."""
    return OpenApiSettings.model_validate(_set_variables())


def host() -> str:
    """Address to listen on."""
    return os.environ.get("FINQ_STANDIN_HOST") or "127.0.0.1"


def _set_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("FINQ_") and value}
