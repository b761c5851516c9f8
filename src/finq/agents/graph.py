"""The LangGraph: supervisor -> policy search or response generator; policy search -> response generator."""

from typing import Any, Literal, TypedDict, cast

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from finq.agents.conversation import AnswerStopped, Listener, Question, Reply
from finq.agents.policy_search import Findings, PolicySearcher
from finq.agents.respond import Responder
from finq.agents.run import Run
from finq.agents.supervisor import Decision, Supervisor
from finq.agents.web_search import WebResult, WebSearch
from finq.observability import timed


class State(TypedDict, total=False):
    """What the agents hand on."""

    question: Question
    decision: Decision
    findings: Findings


class Assistant:
    """Answers questions. Build it once per process; it keeps nothing between answers."""

    def __init__(
        self, supervisor: Supervisor, searcher: PolicySearcher, web_search: WebSearch, responder: Responder
    ) -> None:
        self._supervisor = supervisor
        self._searcher = searcher
        self._web_search = web_search
        self._responder = responder
        graph = StateGraph(State, context_schema=Run)
        graph.add_node("supervisor", self._supervise)
        graph.add_node("policy_search", self._find_policies)
        graph.add_node("respond", self._respond)
        graph.add_edge(START, "supervisor")
        graph.add_conditional_edges("supervisor", _next_agent, ["policy_search", "respond"])
        graph.add_edge("policy_search", "respond")
        graph.add_edge("respond", END)
        self._graph = graph.compile()

    def answer(self, question: Question, listener: Listener) -> Reply:
        """The whole answer; `listener` hears it while it is made.

        Raises:
            AnswerStopped: the listener's, with the part said so far as `reply`.
            ModelUnavailable: a model in the settings is retired, denied or unknown.
            TooManyRequests, ServiceUnavailable, TooLarge: the model or the databases do not serve.
        """
        run = Run(listener)
        state: State = {"question": question}
        try:
            with timed(run.ledger.timings, "total"):
                for values in self._graph.stream(state, context=run, stream_mode="values"):
                    state = cast(State, values)
        except AnswerStopped as stopped:
            stopped.reply = _reply(state, run)
            raise
        return _reply(state, run)

    def _supervise(self, state: State, runtime: Runtime[Run]) -> dict[str, Any]:
        runtime.context.listener.stage("routing")
        ledger = runtime.context.ledger
        with timed(ledger.timings, "routing"):
            return {"decision": self._supervisor.decide(state["question"], ledger)}

    def _find_policies(self, state: State, runtime: Runtime[Run]) -> dict[str, Any]:
        listener = runtime.context.listener
        listener.stage("searching")
        findings = self._searcher.find(state["question"], runtime.context.ledger)
        listener.sources([item.card for item in findings.found])
        return {"findings": findings}

    def _respond(self, state: State, runtime: Runtime[Run]) -> dict[str, Any]:
        run, question, findings = runtime.context, state["question"], state.get("findings")
        web: tuple[WebResult, ...] = ()
        if state["decision"].needs_news:
            run.listener.stage("web_search")
            with timed(run.ledger.timings, "web_search"):
                web = self._web_search.search(findings.query if findings else question.text)
        run.listener.stage("writing")
        with timed(run.ledger.timings, "writing"):
            self._responder.write(question, findings, web, run)
        return {}


def _next_agent(state: State) -> Literal["policy_search", "respond"]:
    return "policy_search" if state["decision"].route == "policy_search" else "respond"


def _reply(state: State, run: Run) -> Reply:
    findings, ledger = state.get("findings"), run.ledger
    return Reply(
        text=run.text,
        cards=tuple(item.card for item in findings.found) if findings else (),
        route=state["decision"].route if "decision" in state else "policy_search",
        model=ledger.answered_by,
        usage=ledger.usage(),
        grounding=run.grounding,
        timings=ledger.timings,
    )
