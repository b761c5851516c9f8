"""Supervisor: what a message is about, and whether only recent news can answer it."""

from pydantic import BaseModel, ConfigDict

from finq.agents.conversation import Question, Route
from finq.agents.models import Model
from finq.agents.prompting import conversation
from finq.agents.run import Ledger
from finq.errors import ServiceUnavailable, TooManyRequests
from finq.observability import logger


class Decision(BaseModel):
    """Where a message goes. Anything outside these values does not validate."""

    model_config = ConfigDict(title="route", frozen=True, extra="ignore")

    route: Route
    needs_news: bool = False


# Searching is always safe: it reads public records within the person's own eligibility.
FALLBACK = Decision(route="policy_search", needs_news=False)


class Supervisor:
    def __init__(self, model: Model) -> None:
        self._model = model

    def decide(self, question: Question, ledger: Ledger) -> Decision:
        """The route; policy search when the model says something odd or is busy.

        Raises:
            ModelUnavailable: the configured model cannot be used at all.
        """
        try:
            decision = self._model.ask(Decision, conversation("supervisor", question), ledger)
        except (TooManyRequests, ServiceUnavailable):
            decision = None
        if decision is None:
            logger.warning("supervisor gave no usable route; searching")
        return decision or FALLBACK
