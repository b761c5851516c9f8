"""How many chats at a time each quota bears. Pure arithmetic over `figures.yaml` and `functions.yaml`."""

from collections.abc import Iterator
from dataclasses import dataclass

from finq_ops.cost.figures import Figures


@dataclass(frozen=True)
class Bound:
    """`chats`: answers being written at the same moment when `quota` is used up; `then`: what to switch."""

    quota: str
    limit: float
    chats: float
    origin: str
    then: str


def bounds(figures: Figures, reserved: int | None) -> Iterator[Bound]:
    """Every quota; `reserved`: concurrency that functions.yaml reserves for the chatbot."""
    quota, use = figures.quota, figures.use
    seconds = use("answer_seconds")
    tokens = use("answer_input_tokens") + quota("output_burndown") * use("answer_output_tokens")
    if reserved is not None:
        yield Bound(
            "chatbot's reserved concurrency", reserved, reserved, "functions.yaml", "raise it, with the next two"
        )
    for name, chats, then in (
        # A chat holds the chatbot's connection; the calls beside it hold another one for a moment.
        ("database_connections", quota("database_connections") * 0.8 / 1.2, "RDS Proxy, then a larger class"),
        ("lambda_concurrency", quota("lambda_concurrency") / 1.2, "ask for more: Service Quotas"),
        ("answer_tokens_per_minute", quota("answer_tokens_per_minute") / tokens * seconds / 60, "ask for more early"),
        ("requests_per_second", quota("requests_per_second") / use("frames_per_second"), "push every 100 ms"),
        ("new_connections_per_second", quota("new_connections_per_second") * seconds, "ask for more"),
        ("lambda_scaling_per_10s", quota("lambda_scaling_per_10s") * seconds / 10, "Provisioned Concurrency"),
    ):
        yield Bound(name.replace("_", " "), quota(name), chats, figures.quotas[name].origin, then)
