"""Code, openapi.yaml, functions.yaml, Terraform and compose.yaml agree; and if one is changed alone, it is noticed."""

import shutil
from pathlib import Path

import pytest
from contract_drift import drift

from finq_local.stack.layout import PROJECT

# What is changed, and what is to be noticed.
CHANGES = [
    ("api/openapi.yaml", "operationId: getToday", "operationId: getNow", "operations of openapi.yaml"),
    ("src/finq/health.py", '@operation("getHealth")', '@operation("getPulse")', "operations of openapi.yaml"),
    ("api/openapi.yaml", "tags: [today]", "tags: [tomorrow]", "tags of openapi.yaml"),
    ("functions.yaml", "websocket: [$default]", "websocket: [$connect]", "WebSocket routes"),
    ("functions.yaml", "memory: 3008", "memory: 2048", "functions and memory"),
    ("compose.yaml", "FUNCTION_NAME: finkurn-chatbot", "FUNCTION_NAME: finkurn-chatter", "functions and memory"),
    ("functions.yaml", "finq.functions.api.handler", "finq.functions.apis.handler", "no such handler"),
    ("terraform/system/settings.tf", "finkurn-chatbot${", "finkurn-talker${", "only Terraform names"),
    ("functions.yaml", "monitor: [FINQ_MONITOR_SEARCHES]", "monitor: [FINQ_MONITOR_LOOKS]", "monitor: functions.yaml"),
    ("src/finq/settings.py", 'alias="FINQ_TAVILY_URL"', 'alias="FINQ_NEWS_URL"', "web_search: functions.yaml"),
    ("compose.yaml", "  FINQ_POLICY_BUCKET:", "  FINQ_BUCKET:", "storage: functions.yaml and compose.yaml"),
    ("terraform/system/settings.tf", "FINQ_DATABASE_HOST  ", "FINQ_DATABASE_PLACE ", "what has no default"),
    ("terraform/system/settings.tf", "FINQ_WEB_ORIGIN =", "FINQ_WEB_SITE =", "what nobody reads"),
    ("src/finq/settings.py", "global.anthropic.claude-sonnet-4-6", "global.anthropic.claude-next", "models.answer"),
    ("src/finq_local/gateway/settings.py", "rest_rate: float = 10_000", "rest_rate: float = 5_000", "throttle REST"),
    ("terraform/modules/api-rest/document.tf", "Authorization,Content-Type", "Authorization", "CORS headers"),
    ("functions.yaml", "reserved_concurrency: 100", "reserved_concurrency: 300", "connections"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the comparison reads, copied."""
    root = tmp_path_factory.mktemp("repository")
    for name in ("functions.yaml", "compose.yaml"):
        shutil.copy(PROJECT / name, root)
    for name in ("api", "src", "terraform"):
        shutil.copytree(PROJECT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))
    return root


def test_nothing_disagrees() -> None:
    assert drift(PROJECT) == []


@pytest.mark.parametrize(("file", "old", "new", "noticed"), CHANGES)
def test_a_change_of_one_alone_is_noticed(tree: Path, file: str, old: str, new: str, noticed: str) -> None:
    original = (tree / file).read_text(encoding="utf-8")
    assert old in original
    try:
        (tree / file).write_text(original.replace(old, new, 1), encoding="utf-8")
        assert any(noticed in line for line in drift(tree))
    finally:
        (tree / file).write_text(original, encoding="utf-8")
