"""Response generator: a streamed answer from the retrieved records, checked on its way out."""

from contextlib import closing
from time import perf_counter

from finq.agents import addresses
from finq.agents.citations import CitationFilter
from finq.agents.conversation import Question
from finq.agents.grounding import unsupported
from finq.agents.models import Model
from finq.agents.policy_search import Findings
from finq.agents.prompting import conversation, policy_tag, profile_tag
from finq.agents.run import Run
from finq.agents.web_search import WebResult
from finq.errors import ServiceUnavailable
from finq.policies.model import Policy


class Responder:
    def __init__(self, model: Model) -> None:
        self._model = model

    def write(self, question: Question, findings: Findings | None, web: tuple[WebResult, ...], run: Run) -> None:
        """Stream the answer into `run`; `findings` is None when no search was called for.

        Raises:
            AnswerStopped: the listener's; by then the model's stream is closed and `run` holds what was said.
            ServiceUnavailable: the model broke off or said nothing.
        """
        tags = _tags(question, findings, web)
        found = findings.found if findings else ()
        citations = CitationFilter(
            {item.policy.id: item.policy.name for item in found},
            [address for item in found for address in addresses.named(item.policy)] + [result.url for result in web],
            {item.policy.id: addresses.quotable(item.policy) for item in found},
        )
        started = perf_counter()
        try:
            with closing(self._model.stream(conversation("respond", question, *tags), run.ledger)) as pieces:
                for piece in pieces:
                    run.ledger.timings.setdefault("first_token", round((perf_counter() - started) * 1000, 1))
                    run.say(citations.feed(piece))
            run.say(citations.finish())
        finally:
            records = "\n".join(_whole_text(item.policy) for item in found)
            earlier = "\n".join(turn.text for turn in question.history)
            run.grounding = {
                "cited": citations.cited,
                "rejected_citations": citations.rejected,
                "unsupported_figures": unsupported(run.text, "\n".join([*tags, question.text, earlier, records])),
            }
        if not run.text.strip():
            raise ServiceUnavailable


def _tags(question: Question, findings: Findings | None, web: tuple[WebResult, ...]) -> list[str]:
    applicant = findings.applicant if findings else question.applicant
    tags = [profile_tag(applicant, question.interests, question.today)]
    if findings is not None:
        blocks = [policy_tag(item.policy, item.card) for item in findings.found]
        tags.append("\n".join(["<policies>", *blocks, "</policies>"]))
        if findings.conflicts:
            tags.append("\n".join(["<search_basis>", *findings.conflicts, "</search_basis>"]))
    if web:
        tags.append("\n".join(["<web_results>", *(result.tag() for result in web), "</web_results>"]))
    return tags


def _whole_text(policy: Policy) -> str:
    """All that the record says in words, for figures that the shortened prompt left out."""
    words = (
        policy.name,
        policy.summary,
        policy.support,
        policy.how_to_apply,
        policy.selection,
        policy.documents_text,
        policy.income_text,
        policy.business_text,
        policy.extra_conditions,
        policy.exclusions,
        policy.notes,
        *(str(day) for day in (policy.business_start, policy.business_end) if day),
    )
    return "\n".join(words)
