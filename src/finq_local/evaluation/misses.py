"""Why a policy that answers a question did not come first, or not among the first five."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from finq.policies.eligibility import Applicant, assess
from finq_local.evaluation.asking import Asked
from finq_local.evaluation.configurations import ANSWERED, Configuration, Ranked
from finq_local.evaluation.corpus import Corpus

MissKind = Literal["absent", "filtered", "outranked", "left out"]


@dataclass(frozen=True)
class Miss:
    """A relevant policy that was not found where it should be.

    Attributes:
        rank: where it came, from 1, neutral policies not counted; None beyond what was looked at.
        kind: "absent" from the corpus, "filtered" by a limit, "outranked" by others, or "left out" though it passes.
        reason: the limit with what was understood of the person, or the scores.
        instead: the names of what came before it, the first three.
    """

    question_id: str
    query: str
    policy_id: str
    name: str
    rank: int | None
    kind: MissKind
    reason: str
    instead: tuple[str, ...]


def explain(corpus: Corpus, configuration: Configuration, asked: Asked, ranking: Sequence[Ranked]) -> Iterator[Miss]:
    """Every relevant policy beyond the fifth place, and the first one where something else came before it."""
    question = asked.question
    kept = [item for item in ranking if item.policy_id not in question.also_ok]
    ranks = {item.policy_id: place for place, item in enumerate(kept, start=1)}
    first = min((ranks[one] for one in question.relevant if one in ranks), default=None)
    for policy_id in question.relevant:
        rank = ranks.get(policy_id)
        # More than five cannot all be among five.
        expected = max(ANSWERED, len(question.relevant))
        if rank is not None and rank <= expected and (first == 1 or rank != first):
            continue
        before = [item for item in kept[: rank - 1 if rank else 3] if item.policy_id not in question.relevant][:3]
        kind, reason = _reason(corpus, configuration, asked, policy_id, kept)
        policy = corpus.policies.get(policy_id)
        yield Miss(
            question.id,
            question.query,
            policy_id,
            policy.name if policy else "",
            rank,
            kind,
            reason,
            tuple(corpus.policies[item.policy_id].name for item in before),
        )


def _reason(
    corpus: Corpus, configuration: Configuration, asked: Asked, policy_id: str, kept: Sequence[Ranked]
) -> tuple[MissKind, str]:
    policy = corpus.policies.get(policy_id)
    if policy is None:
        return "absent", "not in the corpus"
    told = asked.policy_filter
    status = policy.application_status(told.today)
    if status not in told.statuses:
        return "filtered", f"application window: {status}"
    if told.categories and told.categories.isdisjoint(policy.categories):
        return "filtered", f"category {', '.join(policy.categories)} is not {', '.join(sorted(told.categories))}"
    ruled_out = [reason.text for reason in assess(policy, told.applicant).reasons if reason.status == "not_eligible"]
    if ruled_out:
        return "filtered", f"{'; '.join(ruled_out)} (understood: {understood(told.applicant)})"
    everything = configuration.exact(asked.question.query, told, len(corpus.policies))
    found = next(((place, item) for place, item in enumerate(everything, 1) if item.policy_id == policy_id), None)
    if found is None:
        return "left out", "passes the filter, but the search does not show it at any depth"
    place, item = found
    best = f", the first {kept[0].score:.4f}" if kept else ""
    return "outranked", f"scores {item.score:.4f} at place {place} of {len(everything)}{best}"


def understood(applicant: Applicant) -> str:
    """What is known of the person, in a few words."""
    known = applicant.model_dump(exclude_defaults=True, mode="json")
    return ", ".join(f"{name} {value}" for name, value in sorted(known.items())) or "nothing"
