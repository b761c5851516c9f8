"""Keeps the first import of LangGraph and LangChain from loading what no answer uses: half of the chatbot's cold start.

Three packages bring far more along than is asked of them, and have no switch for it:

- `langsmith`, the tracing service's client, is imported by langchain-core whether anybody traces or not;
- `langgraph_sdk`, the client of LangGraph's server, by langgraph for the types of a user;
- `langchain_aws`, whose `__init__` imports every chat model, language model and retriever that it has.
"""

import importlib.util
import sys
from types import ModuleType
from typing import Any, NoReturn

from finq.settings import langsmith_traces

# Their `__init__` runs when something of it is asked for, no longer with each import of a module inside.
_LATE_PACKAGES = ("langgraph_sdk", "langchain_aws", "langchain_aws.chat_models")


def prepare() -> None:
    """Call it before langchain-core or langgraph is imported for the first time; afterwards it changes nothing.

    Where one of the variables that turn tracing on is set, langsmith is loaded as ever.
    """
    for name in _LATE_PACKAGES:
        if name not in sys.modules:
            sys.modules[name] = package = _late(name)
            parent, _, last = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], last, package)
    if not langsmith_traces() and "langsmith" not in sys.modules:
        sys.modules |= {f"langsmith.{name}": _module(name, content) for name, content in _without_tracing().items()}


def _late(name: str) -> ModuleType:
    """The package as the import system needs it to import what is inside, but not executed yet."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    package, loader = importlib.util.module_from_spec(spec), spec.loader

    def execute(attribute: str) -> Any:
        del vars(package)["__getattr__"]
        loader.exec_module(package)
        return getattr(package, attribute)

    vars(package)["__getattr__"] = execute  # Python calls it for what the package lacks
    return package


class _NeverMade:
    """Stands where a class of langsmith's is named: there are no instances of it when nothing is traced."""

    def __new__(cls, *_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("langsmith is not loaded; LANGSMITH_TRACING=true loads it")


def _without_tracing() -> dict[str, dict[str, Any]]:
    """All that langchain-core and langgraph take from langsmith, by module, and what it says when nothing is traced.

    Whatever else is asked of these modules is an ImportError or AttributeError.
    """
    nothing = ("parent", "project_name", "address", "tags", "metadata", "enabled", "client", "replicas")
    return {
        "address": {},
        "client": {"Client": _NeverMade},
        "run_trees": {"RunTree": _NeverMade},
        "run_helpers": {
            "get_tracing_context": lambda: dict.fromkeys((*nothing, "distributed_parent_id")),
            "_set_tracing_context": lambda context: None,
        },
        "utils": {"tracing_is_enabled": lambda: False},
    }


def _module(name: str, content: dict[str, Any]) -> ModuleType:
    module = ModuleType(f"langsmith.{name}")
    vars(module).update(content)
    return module
