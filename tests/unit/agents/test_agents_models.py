"""What each model is sent, by its id."""

import pytest

from finq.agents.models import Model, accepts_temperature, structured_method
from finq.settings import SettingsError


@pytest.mark.parametrize(
    ("model_id", "temperature", "method"),
    [
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", True, "function_calling"),
        ("global.anthropic.claude-sonnet-4-6", True, "function_calling"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", True, "function_calling"),
        ("apac.anthropic.claude-sonnet-4-20250514-v1:0", True, "function_calling"),
        ("global.anthropic.claude-opus-4-6-v1", True, "function_calling"),
        ("global.anthropic.claude-opus-4-7", False, "function_calling"),
        ("global.anthropic.claude-sonnet-5", False, "function_calling"),
        ("global.anthropic.claude-haiku-5-5", False, "json_schema"),
        ("global.anthropic.claude-sonnet-5-5", False, "json_schema"),
        ("global.anthropic.claude-fable-5", False, "function_calling"),
        ("global.anthropic.claude-fable-5-1", False, "json_schema"),
        ("global.anthropic.claude-opus-6", False, "json_schema"),
        ("apac.amazon.nova-pro-v1:0", True, "function_calling"),
    ],
)
def test_only_what_a_model_accepts(model_id: str, temperature: bool, method: str) -> None:
    assert accepts_temperature(model_id) is temperature
    assert structured_method(model_id) == method


def test_an_arn_is_refused_by_the_name_of_its_setting() -> None:
    arn = "arn:aws:bedrock:ap-northeast-2:111122223333:application-inference-profile/abc"
    with pytest.raises(SettingsError, match="FINQ_ANSWER_MODEL_ID"):
        Model(arn, setting="FINQ_ANSWER_MODEL_ID", temperature=0.7, max_tokens=10, read_timeout=5)
