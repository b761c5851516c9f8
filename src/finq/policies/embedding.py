"""What of a policy is embedded, and Titan Text Embeddings V2, which embeds it."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from finq import aws
from finq.errors import ModelUnavailable, ServiceUnavailable
from finq.observability import logger
from finq.policies.model import Policy
from finq.settings import EmbeddingSettings

VECTOR_DIMENSIONS = 1024  # of policy_vectors and of the Milvus collection
_MAX_CHARACTERS = 50_000  # of one Titan call
_SUPPORT_CHARACTERS = 300
_MODEL_REFUSED = frozenset({"AccessDeniedException", "ResourceNotFoundException", "ValidationException"})


@dataclass(frozen=True)
class Embedding:
    """A unit vector of `VECTOR_DIMENSIONS`, and the tokens it was billed for."""

    vector: list[float]
    tokens: int


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


def text_hash(policy: Policy) -> str:
    """Of the embedded text: equal means no new embedding."""
    return hashlib.sha256(embedded_text(policy).encode()).hexdigest()[:32]


def query_text(text: str) -> str:
    """A question as one line."""
    return " ".join(text.split())[:_MAX_CHARACTERS]


class TitanEmbedder:
    """Bedrock's InvokeModel, or a drop-in that speaks it. Throttling is retried by botocore.

    Args:
        settings: model and dimensions.
        client: boto3 `bedrock-runtime` client; the process's own by default.
    """

    def __init__(self, settings: EmbeddingSettings, client: Any = None) -> None:
        self._settings = settings
        self._client = client or aws.client("bedrock-runtime", read_timeout=20, attempts=5)

    @property
    def model_id(self) -> str:
        """Model and dimensions: vectors of different ids must not be compared."""
        return f"{self._settings.model_id}/{self._settings.dimensions}"

    def embed(self, text: str) -> Embedding:
        """Embed one text (8,192 tokens and 50,000 characters at most; longer is cut).

        Raises:
            ModelUnavailable: the model is retired, denied or does not take this request.
            ServiceUnavailable: Bedrock does not answer or keeps throttling.
        """
        body = {"inputText": text[:_MAX_CHARACTERS], "dimensions": self._settings.dimensions, "normalize": True}
        try:
            response = self._client.invoke_model(
                modelId=self._settings.model_id,
                body=json.dumps(body),
                contentType="application/json",
                accept="application/json",
            )
            answer = json.loads(response["body"].read())
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _MODEL_REFUSED:
                raise ModelUnavailable(
                    f"Bedrock refuses the embedding model {self._settings.model_id!r} ({code}). Enable access to it, "
                    f"or set {EmbeddingSettings.model_fields['model_id'].alias} to an active model of "
                    f"{self._settings.dimensions} dimensions and run finkurn-load-policies again."
                ) from error
            logger.warning("embedding failed", code=code)
            raise ServiceUnavailable from error
        except BotoCoreError as error:
            logger.warning("embedding failed", code=type(error).__name__)
            raise ServiceUnavailable from error
        vector = [float(part) for part in answer["embedding"]]
        # The stores hold one width; zeros at the end change no cosine.
        vector += [0.0] * (VECTOR_DIMENSIONS - len(vector))
        return Embedding(vector, int(answer.get("inputTextTokenCount", 0)))


def embed_all(embedder: Embedder, texts: Sequence[str], *, workers: int = 8) -> Iterator[Embedding]:
    """Embeddings of `texts`, in order, `workers` calls at a time; the first error ends it."""
    with ThreadPoolExecutor(workers, thread_name_prefix="embed") as pool:
        yield from pool.map(embedder.embed, texts)
