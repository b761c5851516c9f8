"""Which model ids exist here, which are retired, and what each family accepts.

A small table from the service's documentation, November 2026; first match decides. Sampling parameters are
rejected by Claude Opus 4.7 and by everything newer than Sonnet 4.6; the 5.5 family and Fable 5.1 also reject a forced
tool choice. Claude 4 and later run on demand through inference profiles only.
"""

import re
from dataclasses import dataclass

from finq_local.bedrock.errors import ServiceError

TITAN_V2 = "amazon.titan-embed-text-v2:0"

_PROFILE = re.compile(r"^(global|us|us-gov|eu|apac|jp|au|ca)\.")
_ARN = re.compile(
    r"^arn:aws[a-z-]*:bedrock:[a-z0-9-]*:\d*:(foundation-model|inference-profile|application-inference-profile)/(.+)$"
)
_SNAPSHOT = r"(-\d{8})?(-v\d+(:\d+)?)?"


@dataclass(frozen=True)
class Model:
    """What Converse may ask of a model."""

    id: str
    sampling: bool = True  # temperature, top_p
    both_sampling: bool = True  # temperature together with top_p
    forced_tool: bool = True
    prefill: bool = True  # a last turn of the assistant, to be continued
    profile_only: bool = False


_TABLE: tuple[tuple[str, dict[str, bool]], ...] = (
    (
        r"anthropic\.claude-((opus|sonnet|haiku|fable)-5-5|fable-5-1)",
        {"sampling": False, "forced_tool": False, "prefill": False, "profile_only": True},
    ),
    (
        r"anthropic\.claude-(opus|sonnet|haiku|fable)-5|anthropic\.claude-opus-4-[78]",
        {"sampling": False, "prefill": False, "profile_only": True},
    ),
    (
        r"anthropic\.claude-(sonnet|opus)-4-6",
        {"both_sampling": False, "prefill": False, "profile_only": True},
    ),
    (r"anthropic\.claude-(sonnet|opus|haiku)-4-5", {"both_sampling": False, "profile_only": True}),
    (r"anthropic\.claude-opus-4-1", {"both_sampling": False, "profile_only": True}),
    (r"amazon\.nova-(2-)?(micro|lite|pro|premier)", {}),
)
_RETIRED = re.compile(
    r"anthropic\.claude-(v2|instant|3-(5-)?(sonnet|haiku|opus)|3-7-sonnet|(sonnet|opus)-4-20250514)"
    r"|amazon\.titan-(text|embed-text-v1|embed-g1)"
)


def converse_model(model_id: str) -> Model:
    """The model behind an id, inference profile or ARN.

    Raises:
        ServiceError: unknown, retired, an embedding model, or one that needs an inference profile.
    """
    base, through_profile = _base_id(model_id)
    if base == TITAN_V2:
        raise ServiceError("ValidationException", "This action doesn't support the model that you provided.")
    for pattern, facts in _TABLE:
        if re.fullmatch(pattern + _SNAPSHOT, base):
            if facts.get("profile_only") and not through_profile:
                raise ServiceError(
                    "ValidationException",
                    f"Invocation of model ID {base} with on-demand throughput isn’t supported. Retry your request "
                    "with the ID or ARN of an inference profile that contains this model.",
                )
            return Model(base, **facts)
    raise _unknown(base)


def require_titan(model_id: str) -> None:
    """InvokeModel is offered for Titan Text Embeddings V2 alone.

    Raises:
        ServiceError: for any other model.
    """
    base, _ = _base_id(model_id)
    if base != TITAN_V2:
        raise _unknown(base)


def _base_id(model_id: str) -> tuple[str, bool]:
    """(foundation model id, whether an inference profile was named)."""
    arn = _ARN.match(model_id)
    if arn:
        kind, name = arn.groups()
        return _PROFILE.sub("", name), kind != "foundation-model"
    base = _PROFILE.sub("", model_id)
    return base, base != model_id


def _unknown(base: str) -> ServiceError:
    if _RETIRED.match(base):
        return ServiceError(
            "ResourceNotFoundException",
            "This model version has reached the end of its life. Please refer to the AWS documentation for more "
            "details on supported models.",
        )
    return ServiceError("ValidationException", "The provided model identifier is invalid.")
