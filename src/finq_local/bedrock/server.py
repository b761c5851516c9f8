"""Composition: which answerer and embedder, by the environment."""

from starlette.applications import Starlette

from finq_local.bedrock.answerer import Answerer
from finq_local.bedrock.app import FAULTS, create_app
from finq_local.bedrock.embeddings.cache import CachedEmbedder
from finq_local.bedrock.embeddings.port import Embedder
from finq_local.standins.registry import Delays, Registry
from finq_local.standins.serving import log
from finq_local.standins.settings import BedrockSettings

_RECORDED_REQUESTS = 50


def bedrock_app(settings: BedrockSettings) -> Starlette:
    """The stand-in that `settings` describe; local models load in the background."""
    answerer, embedder = _answerer(settings), _embedder(settings)
    log("bedrock stand-in", answered_by=answerer.answered_by, embeddings=embedder.name, port=settings.port)
    registry = Registry(
        FAULTS,
        delays=Delays(first_token_ms=settings.first_token_ms, token_ms=settings.token_ms),
        recorded=_RECORDED_REQUESTS if settings.record else 0,
    )
    return create_app(answerer, CachedEmbedder(embedder, settings.embedding_cache), registry)


def _answerer(settings: BedrockSettings) -> Answerer:
    if settings.llm_url and settings.llm_model:
        from finq_local.bedrock.openai.answerer import OpenAIAnswerer  # noqa: PLC0415 - only where it is used

        return OpenAIAnswerer(settings.llm_url, settings.llm_model, settings.llm_api_key)
    from finq_local.bedrock.rules.answerer import RuleAnswerer  # noqa: PLC0415

    return RuleAnswerer()


def _embedder(settings: BedrockSettings) -> Embedder:
    if settings.llm_url and settings.llm_embedding_model:
        from finq_local.bedrock.openai.embedder import OpenAIEmbedder  # noqa: PLC0415

        return OpenAIEmbedder(settings.llm_url, settings.llm_embedding_model, settings.llm_api_key)
    from finq_local.bedrock.embeddings.e5 import E5Embedder  # noqa: PLC0415 - loads 90 MB of weights

    return E5Embedder()
