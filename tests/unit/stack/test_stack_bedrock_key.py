"""FINQ_BEDROCK=aws: a Bedrock API key instead of the user's credentials."""

import base64
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from finq_local.stack import bedrock_key, functions
from finq_local.stack.layout import Layout
from finq_local.stack.provision import UserPool
from finq_local.stack.service import StackError


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "FINQ_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    boto3.DEFAULT_SESSION = None


def test_key_is_a_presigned_call_of_the_users_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    environment = bedrock_key.environment()
    assert environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == "https://bedrock-runtime.us-west-2.amazonaws.com"
    key = environment["AWS_BEARER_TOKEN_BEDROCK"]
    url = urlsplit("https://" + base64.b64decode(key.removeprefix("bedrock-api-key-")).decode())
    query = parse_qs(url.query)
    assert url.hostname == "bedrock.amazonaws.com"
    assert query["Action"] == ["CallWithBearerToken"]
    assert query["X-Amz-Expires"] == ["43200"]
    assert query["X-Amz-Credential"][0].endswith("/us-west-2/bedrock/aws4_request")
    assert query["Version"] == ["1"]
    assert "very-secret" not in str(environment)


def test_own_key_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "mine")
    assert bedrock_key.environment()["AWS_BEARER_TOKEN_BEDROCK"] == "mine"


def test_without_credentials_it_says_what_to_do() -> None:
    with pytest.raises(StackError, match="aws sso login"):
        bedrock_key.environment()


def test_unknown_profile_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StackError, match="cannot be used"):
        bedrock_key.environment()


def test_functions_keep_the_emulators_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("FINQ_BEDROCK", "aws")
    environment = functions.environment(Layout(tmp_path, 9000), UserPool("p", "c"))
    assert environment["AWS_ACCESS_KEY_ID"] == "test"
    assert environment["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:9003"
    assert environment["AWS_BEARER_TOKEN_BEDROCK"].startswith("bedrock-api-key-")
    assert "very-secret" not in environment.values()


def test_other_choices_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINQ_BEDROCK", "azure")
    with pytest.raises(StackError, match="must be `local` or `aws`"):
        functions.uses_real_bedrock()


def test_policies_and_questions_are_embedded_by_one_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    functions.keep_to_one_embedder(tmp_path)
    functions.keep_to_one_embedder(tmp_path)
    monkeypatch.setenv("FINQ_LLM_URL", "http://127.0.0.1:11434")
    functions.keep_to_one_embedder(tmp_path)  # it answers, but embeddings stay local
    monkeypatch.setenv("FINQ_LLM_EMBEDDING_MODEL", "bge-m3")
    with pytest.raises(StackError, match="embedded by the stand-in, and now bge-m3"):
        functions.keep_to_one_embedder(tmp_path)
    monkeypatch.setenv("FINQ_BEDROCK", "aws")
    with pytest.raises(StackError, match="now Amazon Bedrock"):
        functions.keep_to_one_embedder(tmp_path)
