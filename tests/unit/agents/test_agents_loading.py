"""LangGraph without what no answer uses: nothing is missed, and LangSmith traces for who turns it on."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from langsmith.run_helpers import get_tracing_context

from finq.agents import loading

GRAPH = """
import sys
from finq.agents import loading
loading.prepare()
from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph

def step(state):
    return {"number": RunnableLambda(lambda number: number + 1).with_config(tags=["one"]).invoke(state["number"])}

graph = StateGraph(dict)
graph.add_node("step", step)
graph.add_edge(START, "step")
graph.add_edge("step", END)
print(list(graph.compile().stream({"number": 1}, stream_mode="values"))[-1]["number"])
"""
TRACED = GRAPH + "from langchain_core.tracers.langchain import wait_for_all_tracers; wait_for_all_tracers()\n"
TOLD = "print('langsmith.schemas' in sys.modules)\n"


def run(program: str, **environment: str) -> list[str]:
    bare = {"PATH": str(Path(sys.executable).parent)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=bare | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.fixture
def langsmith() -> Iterator[tuple[str, list[str]]]:
    """Address of a server that takes whatever it is sent, and the paths of what it was sent."""
    posted: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            posted.append(self.path)
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", posted
    server.shutdown()


def test_a_graph_runs_without_langsmith() -> None:
    assert run(GRAPH + TOLD) == ["2", "False"]


@pytest.mark.parametrize("variable", ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"])
def test_runs_are_traced_for_who_turns_it_on(langsmith: tuple[str, list[str]], variable: str) -> None:
    address, posted = langsmith
    keys = {"LANGSMITH_API_KEY": "x", "LANGSMITH_ENDPOINT": address}
    assert run(TRACED + TOLD, **{variable: "true"}, **keys) == ["2", "True"]
    assert any("runs" in path for path in posted)


def test_no_tracing_says_what_langsmith_says() -> None:
    stand_in = loading._without_tracing()
    assert stand_in["run_helpers"]["get_tracing_context"]() == get_tracing_context()
    assert stand_in["utils"]["tracing_is_enabled"]() is False
    with pytest.raises(RuntimeError, match="LANGSMITH_TRACING"):
        stand_in["client"]["Client"]()


def test_packages_are_whole_once_something_of_them_is_asked_for() -> None:
    program = """
from finq.agents import loading
loading.prepare()
from langchain_aws.chat_models.bedrock_converse import ChatBedrockConverse as direct
import sys; print("langchain_aws.llms" in sys.modules)
import langchain_aws, langchain_aws.chat_models, langgraph_sdk
from langchain_aws import ChatBedrockConverse
print(ChatBedrockConverse is direct, langchain_aws.chat_models.ChatBedrock.__name__, callable(langgraph_sdk.get_client))
print(hasattr(langchain_aws, "no_such_name"), hasattr(langgraph_sdk, "__all__"))
"""
    assert run(program) == ["False", "True", "ChatBedrock", "True", "False", "True"]
