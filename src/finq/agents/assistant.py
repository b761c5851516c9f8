"""The one place where the agents are put together."""

from finq.agents.graph import Assistant
from finq.agents.models import answer_model, search_model, supervisor_model
from finq.agents.policy_search import PolicySearcher
from finq.agents.respond import Responder
from finq.agents.supervisor import Supervisor
from finq.agents.web_search import WebSearch
from finq.policies.search import PolicySearch
from finq.settings import ModelSettings, WebSearchSettings


def build_assistant(search: PolicySearch, models: ModelSettings, web: WebSearchSettings) -> Assistant:
    """Build once per process; makes no network call.

    Raises:
        SettingsError: a model id that cannot be used.
    """
    return Assistant(
        Supervisor(supervisor_model(models)),
        PolicySearcher(search_model(models), search),
        WebSearch(web),
        Responder(answer_model(models)),
    )
