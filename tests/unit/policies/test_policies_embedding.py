"""What is embedded, and how Bedrock's refusals reach the operator."""

import io
import json

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from finq.errors import ServiceUnavailable
from finq.policies import embedding
from finq.policies.embedding import (
    ModelUnavailable,
    TextRefused,
    TitanEmbedder,
    combine,
    embedded_text,
    query_text,
    text_hash,
)
from finq.policies.model import Policy
from finq.settings import EmbeddingSettings

VALID = {"embedding": [0.6, 0.8], "inputTextTokenCount": 7}


class Bedrock:
    """The client's one method, answering what it is given."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.calls = []

    def invoke_model(self, **request):
        self.calls.append(json.loads(request["body"]) | {"modelId": request["modelId"]})
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return {"body": io.BytesIO(json.dumps(self.outcome).encode())}


def policy(**fields) -> Policy:
    return Policy(**{"id": "p1", "name": "청년 월세 지원", "raw": {}} | fields)


def test_passages_have_several_lines_and_questions_one():
    full = embedded_text(
        policy(institution="국토교통부", keywords=("월세",), summary="월세를 지원", support="가" * 900)
    )
    assert full.startswith("청년 월세 지원 국토교통부\n월세\n월세를 지원\n")
    assert full.count("가") == 150
    assert "\n" in embedded_text(policy())
    assert query_text("  월세\n지원\t알려줘 ") == "월세 지원 알려줘"


def test_only_what_is_embedded_changes_the_text_hash():
    assert text_hash(policy(views=1)) == text_hash(policy(views=2, support=""))
    assert text_hash(policy(summary="가")) != text_hash(policy(summary="나"))


def test_titan_is_asked_for_unit_vectors_and_counts_tokens():
    bedrock = Bedrock({"embedding": [0.6, 0.8], "inputTextTokenCount": 7})
    made = TitanEmbedder(EmbeddingSettings(dimensions=256), bedrock).embed("질문")
    assert made.vector[:2] == [0.6, 0.8]
    assert len(made.vector) == 1024
    assert not any(made.vector[2:])
    assert made.tokens == 7
    assert bedrock.calls == [
        {"inputText": "질문", "dimensions": 256, "normalize": True, "modelId": "amazon.titan-embed-text-v2:0"}
    ]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_a_refused_model_names_the_setting(code):
    refusal = ClientError({"Error": {"Code": code, "Message": "end of life"}}, "InvokeModel")
    with pytest.raises(ModelUnavailable, match="FINQ_EMBEDDING_MODEL_ID"):
        TitanEmbedder(EmbeddingSettings(), Bedrock(refusal)).embed("질문")


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "InvokeModel"),
        ReadTimeoutError(endpoint_url="https://bedrock"),
    ],
)
def test_a_busy_or_silent_model_is_unavailable(failure):
    with pytest.raises(ServiceUnavailable):
        TitanEmbedder(EmbeddingSettings(), Bedrock(failure)).embed("질문")


def test_a_text_that_the_model_refuses_is_told_from_a_model_that_refuses():
    class Choosy(Bedrock):
        def invoke_model(self, **request):
            self.outcome = VALID
            if "독" in request["body"] or "\\ub3c5" in request["body"]:
                self.outcome = ClientError(
                    {"Error": {"Code": "ValidationException", "Message": "too many tokens"}}, "InvokeModel"
                )
            return super().invoke_model(**request)

    embedder = TitanEmbedder(EmbeddingSettings(), Choosy(VALID))
    with pytest.raises(TextRefused) as refusal:
        embedder.embed("독")
    assert refusal.value.args == ("too many tokens",)
    assert embedder.embed("약").tokens == 7


@pytest.mark.parametrize("broken", [{}, {"embedding": "none"}, {"embedding": [None]}])
def test_an_answer_without_a_vector_is_a_failure_of_the_service(broken):
    with pytest.raises(ServiceUnavailable):
        TitanEmbedder(EmbeddingSettings(), Bedrock(broken)).embed("질문")


def test_vectors_are_combined_by_weight_into_a_unit_vector():
    assert list(combine([[0.6, 0.8]], [0.3])) == [0.6, 0.8]
    made = combine([[1.0, 0.0], [0.0, 1.0]], [3.0, 4.0])
    assert list(made) == pytest.approx([0.6, 0.8])
    assert len(memoryview(made).cast("B")) == 8, "single precision"


def test_the_hash_covers_every_text_and_weight(monkeypatch):
    seen = set()
    for texts in ((("가", 1.0),), (("가", 0.5),), (("가", 1.0), ("나", 1.0)), (("가나", 1.0),)):
        monkeypatch.setattr(embedding, "embedded_texts", lambda _, texts=texts: texts)
        seen.add(text_hash(policy()))
    assert len(seen) == 4
