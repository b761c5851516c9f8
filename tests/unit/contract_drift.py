"""Where code, contracts, Terraform and compose.yaml say the same thing twice: whether they still agree.

`test_compose.py` and `test_functions_settings.py` look closer at their two files; this looks across all of them, in any
copy of the repository.
"""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

# Environment group -> class of settings.py.
CLASSES = {"open_api": "OpenApiSettings", "web_search": "WebSearchSettings", "websocket": "WebSocketSettings"}
CLASSES |= {"vectors": "VectorSettings", "embeddings": "EmbeddingSettings", "models": "ModelSettings"}
CLASSES |= {name: f"{name.capitalize()}Settings" for name in ("database", "cognito", "chatbot", "storage", "monitor")}
CLASSES |= {"rest": "RestSettings"}
# Terraform's `models` -> the setting whose default it repeats, since roles are narrowed to it.
MODELS = {
    "answer": ("ModelSettings", "answer_model_id"),
    "router": ("ModelSettings", "router_model_id"),
    "embedding": ("EmbeddingSettings", "model_id"),
}
CONNECTIONS = 400  # of a db.t3.medium


def drift(root: Path) -> list[str]:
    """What disagrees, one line each; empty when nothing does."""
    return [*_routes(root), *_functions(root), *_variables(root), *_limits(root)]


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _settings(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("settings_of_a_copy", root / "src/finq/settings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # pydantic looks its annotations up there
    spec.loader.exec_module(module)
    return module


def _differ(what: str, one: set[Any], other: set[Any]) -> Iterator[str]:
    if one != other:
        yield f"{what}: {sorted(map(str, one ^ other))}"


def _routes(root: Path) -> Iterator[str]:
    functions = _yaml(root / "functions.yaml")["functions"]
    operations = [
        operation for item in _yaml(root / "api/openapi.yaml")["paths"].values() for operation in item.values()
    ]
    sources = [_text(path) for path in (root / "src/finq").rglob("*.py")]
    served = {name for text in sources for name in re.findall(r'^@operation\("(\w+)"\)', text, re.MULTILINE)}
    yield from _differ("operations of openapi.yaml and of the code", {o["operationId"] for o in operations}, served)
    tags = {tag for function in functions.values() for tag in function["triggers"].get("rest", [])}
    yield from _differ("tags of openapi.yaml and functions.yaml", {o["tags"][0] for o in operations}, tags)
    keys = {key for function in functions.values() for key in function["triggers"].get("websocket", [])}
    yield from _differ("WebSocket routes", keys, {"$connect", "$default", "$disconnect"})


def _functions(root: Path) -> Iterator[str]:
    functions = _yaml(root / "functions.yaml")["functions"]
    composed = {
        service["environment"]["AWS_LAMBDA_FUNCTION_NAME"]: service["environment"]["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        for service in _yaml(root / "compose.yaml")["services"].values()
        if "AWS_LAMBDA_FUNCTION_NAME" in service.get("environment", {})
    }
    listed = {(name, function["memory"]) for name, function in functions.items()}
    yield from _differ("functions and memory of functions.yaml and compose.yaml", listed, set(composed.items()))
    terraform = "".join(_text(path) for path in (root / "terraform").rglob("*.tf"))
    named = set(re.findall(r"\bfinkurn-[a-z0-9-]+(?=\$\{var\.suffix\}:live)", terraform))
    if unknown := named - functions.keys():
        yield f"functions that only Terraform names: {sorted(unknown)}"
    for name, function in functions.items():
        module, _, attribute = function["handler"].rpartition(".")
        source = root / "src" / Path(*module.split(".")).with_suffix(".py")
        if not source.is_file() or not re.search(rf"\b{attribute}\b", _text(source)):
            yield f"{name}: no such handler: {function['handler']}"


def _variables(root: Path) -> Iterator[str]:
    groups = _yaml(root / "functions.yaml")["environment"]
    settings = _settings(root)
    text = _text(root / "terraform/system/settings.tf")
    blocks = dict(re.findall(r"^    (\w+) = \{\n(.*?)^    \}$", text, re.MULTILINE | re.DOTALL))
    yield from _differ("groups of functions.yaml and settings.tf", set(groups), set(blocks))
    composed = _yaml(root / "compose.yaml")
    for group, variables in groups.items():
        fields = getattr(settings, CLASSES[group]).model_fields.values()
        read = {field.alias for field in fields if field.alias != "AWS_REGION"}
        yield from _differ(f"{group}: functions.yaml and settings.py", set(variables), read)
        set_here = set(re.findall(r"\b(FINQ_\w+)\s*=", blocks.get(group, "")))
        if stray := set_here - set(variables):
            yield f"{group}: Terraform sets what nobody reads: {sorted(stray)}"
        if missing := {field.alias for field in fields if field.is_required()} - set_here:
            yield f"{group}: Terraform does not set what has no default: {sorted(missing)}"
        in_compose = set(composed.get(f"x-{group.replace('_', '-')}", {}))
        yield from _differ(f"{group}: functions.yaml and compose.yaml", set(variables), in_compose)


def _limits(root: Path) -> Iterator[str]:
    terraform = {path.name: _text(path) for path in (root / "terraform/system").glob("*.tf")}
    settings = _settings(root)
    for name, (group, field) in MODELS.items():
        default = getattr(settings, group).model_fields[field].default
        if not re.search(rf'\b{name}\s+= optional\(string, "{re.escape(default)}"\)', terraform["variables.tf"]):
            yield f"models.{name} of Terraform is not settings.py's {default}"
    gateway = _text(root / "src/finq_local/gateway/settings.py")
    rate, burst = (re.search(rf"rest_{name}: \w+ = ([\d_]+)", gateway) for name in ("rate", "burst"))
    assert rate
    assert burst
    throttle = f"{{ rate = {int(rate[1])}, burst = {int(burst[1])} }}"
    if throttle not in terraform["main.tf"]:
        yield f"Terraform does not throttle REST as the local gateway does: {throttle}"
    rest = _text(root / "src/finq_local/gateway/rest.py")
    headers, tag = (re.search(rf'^{name} = "(.+)"$', rest, re.MULTILINE) for name in ("CORS_HEADERS", "CACHED_TAG"))
    assert headers
    assert tag
    if f'"{headers[1]}"' not in _text(root / "terraform/modules/api-rest/document.tf"):
        yield f"Terraform does not allow the local gateway's CORS headers: {headers[1]}"
    if f'tag = "{tag[1]}"' not in terraform["main.tf"]:
        yield f"Terraform does not cache what the local gateway does: {tag[1]}"
    functions = _yaml(root / "functions.yaml")["functions"].values()
    if (together := sum(function.get("reserved_concurrency", 0) for function in functions)) >= CONNECTIONS:
        yield f"functions may open {together} connections; the database takes {CONNECTIONS}"
