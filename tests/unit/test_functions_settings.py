"""`functions.yaml` and `settings.py` speak of the same variables, and each function gets those it reads."""

from pathlib import Path

import pytest

from finq import settings
from finq_local.functions import load_functions
from finq_local.stack.layout import PROJECT

FUNCTIONS = load_functions(PROJECT / "functions.yaml")
GROUPS = {
    "database": settings.DatabaseSettings,
    "vectors": settings.VectorSettings,
    "embeddings": settings.EmbeddingSettings,
    "models": settings.ModelSettings,
    "cognito": settings.CognitoSettings,
    "websocket": settings.WebSocketSettings,
    "chatbot": settings.ChatbotSettings,
    "storage": settings.StorageSettings,
    "open_api": settings.OpenApiSettings,
    "web_search": settings.WebSearchSettings,
    "monitor": settings.MonitorSettings,
    "rest": settings.RestSettings,
}


def test_every_group_lists_the_variables_its_settings_read() -> None:
    listed = {name: set(variables) for name, variables in FUNCTIONS.environment.items()}
    read = {name: set(group.variables()) - {"AWS_REGION"} for name, group in GROUPS.items()}
    assert listed == read


def test_nothing_but_settings_and_the_logger_reads_the_environment() -> None:
    sources = (PROJECT / "src" / "finq").rglob("*.py")
    readers = {path.name for path in sources if "os.environ" in path.read_text(encoding="utf-8")}
    assert readers <= {"settings.py", "observability.py"}


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(settings.SettingsError, match="FINQ_DATABASE_HOST"):
        settings.DatabaseSettings.from_environment({"FINQ_DATABASE_HOST": ""})


def test_an_unusable_variable_is_named_with_what_is_wrong() -> None:
    values = {"FINQ_DATABASE_HOST": "db", "FINQ_DATABASE_PORT": "many"}
    with pytest.raises(settings.SettingsError, match=r"FINQ_DATABASE_PORT: .*integer"):
        settings.DatabaseSettings.from_environment(values)


def test_handlers_exist_where_the_list_says() -> None:
    for name, function in FUNCTIONS.functions.items():
        module = Path("src", *function.handler.split(".")[:-1]).with_suffix(".py")
        assert (PROJECT / module).is_file(), name
