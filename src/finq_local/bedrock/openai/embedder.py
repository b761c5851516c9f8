"""Embeddings by an OpenAI-compatible server."""

import httpx
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finq_local.bedrock.answerer import estimate_tokens
from finq_local.bedrock.embeddings.port import Embedding
from finq_local.bedrock.errors import ServiceError
from finq_local.bedrock.openai.client import connect, refused, unreachable


class _Item(BaseModel):
    embedding: list[float] = Field(min_length=1)


class _Usage(BaseModel):
    prompt_tokens: int


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: list[_Item] = Field(min_length=1)
    usage: _Usage | None = None


class OpenAIEmbedder:
    """POST /v1/embeddings, one text a call as Titan has it."""

    def __init__(self, url: str, model: str, api_key: str | None = None) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._client = connect(url, api_key)

    async def embed(self, text: str) -> Embedding:
        """See `Embedder`."""
        try:
            response = await self._client.post("embeddings", json={"model": self._model, "input": text})
        except httpx.HTTPError as error:
            raise unreachable(error) from error
        if response.status_code != 200:
            raise refused(response.status_code, response.text)
        try:
            answer = _Answer.model_validate_json(response.content)
        except ValidationError as error:
            raise ServiceError("ModelErrorException", "upstream sent something that is not an embedding") from error
        tokens = answer.usage.prompt_tokens if answer.usage else estimate_tokens(text)
        return Embedding(np.asarray(answer.data[0].embedding, dtype=np.float32), tokens)
