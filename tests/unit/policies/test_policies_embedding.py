"""What is embedded, and how Bedrock's refusals reach the operator."""

import io
import json

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from finq.errors import ServiceUnavailable
from finq.policies.embedding import ModelUnavailable, TitanEmbedder, embed_all, embedded_text, query_text, text_hash
from finq.policies.model import Policy
from finq.settings import EmbeddingSettings


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
    assert full.count("가") == 300
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


def test_many_texts_come_back_in_order():
    class Lengths:
        model_id = "lengths"

        def embed(self, text):
            return len(text)

    assert list(embed_all(Lengths(), ["가" * n for n in range(50)])) == list(range(50))
