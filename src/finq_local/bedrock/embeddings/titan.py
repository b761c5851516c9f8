"""Body of InvokeModel for `amazon.titan-embed-text-v2:0`: what it may hold, and the answer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr, ValidationError

from finq_local.bedrock.embeddings.port import Embedding
from finq_local.bedrock.errors import ServiceError

MAX_CHARS = 50_000
MAX_TOKENS = 8_192
DIMENSIONS = (256, 512, 1024)


class TitanRequest(BaseModel):
    """`dimensions` and `normalize` have the service's defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inputText: StrictStr
    dimensions: StrictInt = 1024
    normalize: StrictBool = True
    embeddingTypes: tuple[StrictStr, ...] = ("float",)


def read_titan(body: Mapping[str, Any]) -> TitanRequest:
    """Check a body.

    Raises:
        ServiceError: ValidationException in the service's words.
    """
    try:
        request = TitanRequest.model_validate(body)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise _malformed(f"#/{'/'.join(str(part) for part in problem['loc'])}: {problem['msg']}") from None
    length = len(request.inputText)
    if not request.inputText.strip():
        raise _malformed(f"expected minLength: 1, actual: {length and len(request.inputText.strip())}")
    if length > MAX_CHARS:
        raise _malformed(f"expected maxLength: {MAX_CHARS}, actual: {length}")
    if request.dimensions not in DIMENSIONS:
        raise _malformed(f"#/dimensions: {request.dimensions} is not a valid enum value")
    if request.embeddingTypes != ("float",):
        raise _malformed("#/embeddingTypes: this stand-in offers float alone")
    return request


def titan_answer(embedding: Embedding, dimensions: int) -> dict[str, Any]:
    """The response body; vectors always have unit length here, whatever `normalize` says."""
    vector = fit(embedding.vector, dimensions).tolist()
    return {"embedding": vector, "embeddingsByType": {"float": vector}, "inputTextTokenCount": embedding.tokens}


def fit(vector: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """Zero-pad, which keeps every cosine, or cut off; then scale to length 1."""
    fitted = np.zeros(dimensions, dtype=np.float32)
    kept = min(dimensions, vector.size)
    fitted[:kept] = vector[:kept]
    length = float(np.linalg.norm(fitted))
    return fitted / np.float32(length) if length > 0 else fitted


def check_tokens(tokens: int) -> None:
    """Refuse a text of more tokens than Titan takes, counted by whoever embeds it.

    Raises:
        ServiceError: ValidationException.
    """
    if tokens > MAX_TOKENS:
        raise ServiceError(
            "ValidationException",
            f"400 Bad Request: Too many input tokens. Max input tokens: {MAX_TOKENS}, "
            f"request input token count: {tokens} ",
        )


def _malformed(what: str) -> ServiceError:
    return ServiceError(
        "ValidationException", f"Malformed input request: {what}, please reformat your input and try again."
    )
