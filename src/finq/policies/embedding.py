"""What of a policy is embedded, and Titan Text Embeddings V2, which embeds it."""

import hashlib
import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from finq import aws
from finq.errors import InvalidInput, ModelUnavailable, ServiceUnavailable
from finq.observability import logger
from finq.policies.model import Policy
from finq.settings import EmbeddingSettings

VECTOR_DIMENSIONS = 1024  # of policy_vectors and of the Milvus collection
_MAX_CHARACTERS = 50_000  # of one Titan call
_SUPPORT_CHARACTERS = 150
_MODEL_REFUSED = frozenset({"AccessDeniedException", "ResourceNotFoundException"})
HARMLESS_TEXT = "청년 정책"  # a text that no model has a reason to refuse


@dataclass(frozen=True)
class Embedding:
    """A unit vector of `VECTOR_DIMENSIONS`, and the tokens it was billed for."""

    vector: Sequence[float]
    tokens: int


class TextRefused(InvalidInput):
    """The model takes other texts but not this one. `str(error)`, for logs and reports, says why."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.args = (reason,)


class Embedder(Protocol):
    """Turns texts into unit vectors; `model_id` names the space they live in."""

    @property
    def model_id(self) -> str: ...

    def embed(self, text: str) -> Embedding: ...


def embedded_text(policy: Policy) -> str:
    """The text that stands for a policy in the vector stores, of at least two lines.

    A passage has several lines and a question one (`query_text`), which is how a model with two modes may
    tell them apart. The start of the support text says what one gets; the rest dilutes the vector.
    """
    lines = (
        f"{policy.name} {policy.institution}".strip(),
        " ".join((*policy.categories, *policy.subcategories, *policy.keywords)),
        policy.summary,
        policy.support[:_SUPPORT_CHARACTERS],
    )
    text = "\n".join(line for line in lines if line)
    return text[:_MAX_CHARACTERS] if "\n" in text else f"{text[: _MAX_CHARACTERS - 1]}\n"


def embedded_texts(policy: Policy) -> tuple[tuple[str, float], ...]:
    """The texts whose vectors make up a policy's, each with its weight; see `combine`."""
    return ((embedded_text(policy), 1.0),)


def combine(vectors: Sequence[Sequence[float]], weights: Sequence[float]) -> Sequence[float]:
    """The weighted sum of unit vectors, as a unit vector of single precision."""
    if len(vectors) == 1:
        return vectors[0]
    import numpy as np  # noqa: PLC0415 -- comes with pymilvus; a function that only asks questions does without

    total = np.asarray(weights, dtype=np.float32) @ np.asarray(vectors, dtype=np.float32)
    return array("f", (total / np.linalg.norm(total)).tobytes())


def text_hash(policy: Policy) -> str:
    """Of the embedded texts and their weights: equal means no new embedding."""
    digest = hashlib.sha256()
    for text, weight in embedded_texts(policy):
        digest.update(f"{weight}\0{text}\0".encode())
    return digest.hexdigest()[:32]


def query_text(text: str) -> str:
    """A question as one line."""
    return " ".join(text.split())[:_MAX_CHARACTERS]


class TitanEmbedder:
    """Bedrock's InvokeModel, or a drop-in that speaks it.

    Args:
        settings: model and dimensions.
        client: boto3 `bedrock-runtime` client; the process's own by default.
        attempts: of botocore at one call of the default client; 1 where the caller tries again by itself.
    """

    def __init__(self, settings: EmbeddingSettings, client: Any = None, *, attempts: int = 5) -> None:
        self._settings = settings
        self._client = client or aws.client("bedrock-runtime", read_timeout=20, attempts=attempts)

    @property
    def model_id(self) -> str:
        """Model and dimensions: vectors of different ids must not be compared."""
        return f"{self._settings.model_id}/{self._settings.dimensions}"

    def embed(self, text: str) -> Embedding:
        """Embed one text (8,192 tokens and 50,000 characters at most; more characters are cut).

        Raises:
            ModelUnavailable: the model is retired or denied, or takes no request of this kind.
            ServiceUnavailable: Bedrock does not answer or throttles.
            TextRefused: it takes other texts.
        """
        text = text[:_MAX_CHARACTERS]
        try:
            return self._invoke(text)
        except _InvalidRequest as error:
            # Each model words its refusals differently: whether it is the text, another text tells.
            if text != HARMLESS_TEXT:
                self.embed(HARMLESS_TEXT)
                raise TextRefused(str(error)) from error
            raise self._refused("ValidationException") from error

    def _invoke(self, text: str) -> Embedding:
        body = {"inputText": text, "dimensions": self._settings.dimensions, "normalize": True}
        try:
            response = self._client.invoke_model(
                modelId=self._settings.model_id,
                body=json.dumps(body),
                contentType="application/json",
                accept="application/json",
            )
            answer = json.loads(response["body"].read())
            vector = [float(part) for part in answer["embedding"]]
            tokens = int(answer.get("inputTextTokenCount", 0))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ValidationException":
                raise _InvalidRequest(error.response["Error"].get("Message", code)) from error
            if code in _MODEL_REFUSED:
                raise self._refused(code) from error
            logger.warning("embedding failed", code=code)
            raise ServiceUnavailable from error
        # A body that breaks off is urllib3's or json's to report; one without a vector is as useless.
        except (BotoCoreError, urllib3.exceptions.HTTPError, ValueError, TypeError, KeyError) as error:
            logger.warning("embedding failed", code=type(error).__name__)
            raise ServiceUnavailable from error
        # The stores hold one width; zeros at the end change no cosine.
        vector += [0.0] * (VECTOR_DIMENSIONS - len(vector))
        return Embedding(vector, tokens)

    def _refused(self, code: str) -> ModelUnavailable:
        return ModelUnavailable(
            f"Bedrock refuses the embedding model {self._settings.model_id!r} ({code}). Enable access to it, "
            f"or set {EmbeddingSettings.model_fields['model_id'].alias} to an active model of "
            f"{self._settings.dimensions} dimensions and run finkurn-load-policies again."
        )


class _InvalidRequest(Exception):
    """A ValidationException: of the model or of the text."""
