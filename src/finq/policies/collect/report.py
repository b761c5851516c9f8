"""What a collection did, kept up to date while it runs."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Stage = Literal["collecting", "storing", "done"]


@dataclass
class CollectReport:
    """Counts of records.

    Attributes:
        pages: requests answered; each page is read twice at least.
        listed: records in the list, once it is complete.
        new, changed, unchanged: against what was stored before.
        removed: objects removed since their record vanished.
        held_back: objects of vanished records that were kept for the reason in `reason`.
        unusable: records without a usable number.
        complete: whether the whole list was seen; if not, nothing is removed and `reason` says why.
        seconds: wall time so far.
    """

    stage: Stage = "collecting"
    pages: int = 0
    listed: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    held_back: int = 0
    unusable: int = 0
    complete: bool = False
    reason: str = ""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """JSON object."""
        return asdict(self)
