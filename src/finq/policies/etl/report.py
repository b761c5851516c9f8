"""What a run of the loader did, kept up to date while it runs."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Stage = Literal["listing", "reading", "withdrawing", "embedding", "indexing", "switching", "done"]
_REASONS_SHOWN = 100


@dataclass
class Report:
    """Counts of documents and policies.

    Attributes:
        listed: documents found in the bucket.
        read: of them, fetched; the others had not changed since they were loaded.
        new, changed, unchanged: policies by what the run found.
        withdrawn: policies whose document vanished.
        withheld: documents that vanished, but so many at once that nothing was withdrawn without consent.
        quarantined: documents that are no policy; `reasons` names the first hundred.
        embedded: policies that got a new vector.
        refused: of them, those whose text the model refuses; `reasons` names them too.
        embedding_calls, tokens: texts sent to the model, and what they were billed.
        embeddings_per_second: of them, since the first one.
        throttled: calls that had to be made again. `concurrency`: calls at a time, at last.
        indexed: entries written to Milvus.
        milvus: "incomplete" when it did not answer; the next run makes up for it. "off" when not configured.
        switched_to: embedding model whose vectors searches read since this run; "" if it was so before.
        seconds: wall time so far.
    """

    stage: Stage = "listing"
    listed: int = 0
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    withheld: int = 0
    quarantined: int = 0
    embedded: int = 0
    refused: int = 0
    embedding_calls: int = 0
    tokens: int = 0
    embeddings_per_second: float = 0.0
    throttled: int = 0
    concurrency: int = 0
    indexed: int = 0
    milvus: Literal["complete", "incomplete", "off"] = "off"
    switched_to: str = ""
    seconds: float = 0.0
    reasons: list[dict[str, str]] = field(default_factory=list)

    def quarantine(self, key: str, reason: str) -> None:
        """Count a document that is no policy."""
        self.quarantined += 1
        self._explain(key, reason)

    def refuse(self, policy_id: str, reason: str) -> None:
        """Count a policy that stands in the vector stores without its text."""
        self.refused += 1
        self._explain(policy_id, reason)

    def _explain(self, key: str, reason: str) -> None:
        if len(self.reasons) < _REASONS_SHOWN:
            self.reasons.append({"key": key, "reason": reason})

    def as_json(self) -> dict[str, Any]:
        """JSON object."""
        return asdict(self)
