"""Titan Text Embeddings V2 through boto3."""

import json
import math
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

TITAN = "amazon.titan-embed-text-v2:0"
POLICIES = [
    "청년내일저축계좌\n일하는 저소득 청년이 매달 저축하면 정부가 지원금을 더해 목돈 마련을 돕는다.",
    "청년월세 한시 특별지원\n부모와 따로 사는 무주택 청년에게 매달 집세를 지원한다.",
    "국민취업지원제도\n구직자에게 취업 상담과 구직촉진수당을 제공한다.",
    "면접정장 무료대여\n면접을 앞둔 청년에게 정장과 구두를 빌려준다.",
    "청년창업사관학교\n초기 창업자에게 사업화 자금, 공간, 교육을 지원한다.",
    "국가장학금\n대학생의 등록금 부담을 소득에 따라 덜어 준다.",
    "청년 마음건강 바우처\n심리상담이 필요한 청년에게 전문 상담 비용을 지원한다.",
    "청년문화예술패스\n공연과 전시 관람비를 지원한다.",
    "대중교통비 환급\n버스와 지하철 이용 금액의 일부를 돌려준다.",
    "청년농업인 영농정착지원\n농촌에 정착하는 청년 농업인에게 매달 정착금을 준다.",
]
PARAPHRASES = {
    "방세 내기가 벅찬데 도와주는 거 있나요": 1,
    "입사 인터뷰에 입고 갈 옷을 빌리고 싶어요": 3,
    "우울해서 상담 받고 싶은데 비용이 부담돼요": 6,
    "학비가 너무 비싸요": 5,
    "회사를 차리려는데 사업 자금이 필요해요": 4,
}


def embed(client, text, **options):
    response = client.invoke_model(modelId=TITAN, body=json.dumps({"inputText": text, **options}))
    return json.loads(response["body"].read())


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("dimensions", [256, 512, 1024])
def test_answer_has_titans_shape_and_unit_length(standin, dimensions):
    answer = embed(standin.client(), "청년 적금", dimensions=dimensions, normalize=True)
    assert len(answer["embedding"]) == dimensions
    assert answer["embeddingsByType"]["float"] == answer["embedding"]
    assert math.isclose(math.hypot(*answer["embedding"]), 1, abs_tol=1e-5)
    assert answer["inputTextTokenCount"] > 2


def test_a_paraphrase_finds_its_policy_first(standin):
    client = standin.client()
    vectors = [embed(client, text)["embedding"] for text in POLICIES]
    for question, expected in PARAPHRASES.items():
        asked = embed(client, question)["embedding"]
        ranked = sorted(range(len(vectors)), key=lambda at: -cosine(asked, vectors[at]))
        assert ranked[0] == expected, question


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"inputText": ""}, "minLength: 1"),
        ({"inputText": "  \n"}, "minLength: 1"),
        ({"inputText": "가" * 50_001}, "maxLength: 50000, actual: 50001"),
        ({"inputText": "가", "dimensions": 384}, "384 is not a valid enum value"),
        ({"inputText": "가", "dimension": 256}, "#/dimension"),
        ({}, "#/inputText"),
    ],
)
def test_invalid_bodies_are_refused(standin, body, words):
    with pytest.raises(ClientError, match=words) as caught:
        standin.client().invoke_model(modelId=TITAN, body=json.dumps(body))
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_more_tokens_than_titan_takes_are_refused(standin):
    with pytest.raises(ClientError, match="Max input tokens: 8192"):
        embed(standin.client(), "가나 " * 6_000)


def test_another_process_finds_the_vectors_on_disk(standin, start_standin, component_home):
    text = "디스크에 남는 벡터"
    first = embed(standin.client(), text)
    with sqlite3.connect(component_home / "embeddings" / "embeddings.sqlite3") as cache:
        cached = cache.execute("SELECT count(*) FROM embeddings").fetchone()[0]
    second = embed(start_standin().client(), text)
    with sqlite3.connect(component_home / "embeddings" / "embeddings.sqlite3") as cache:
        assert cache.execute("SELECT count(*) FROM embeddings").fetchone()[0] == cached > 0
    assert second == first


def test_chats_and_questions_do_not_wait_behind_an_etl_run(standin):
    client = standin.client()
    passages = [f"{number}번 정책\n" + "일하는 청년의 저축을 돕는 지원 사업이다. " * 15 for number in range(8)]
    ask = {
        "modelId": "global.anthropic.claude-sonnet-4-6",
        "messages": [{"role": "user", "content": [{"text": "안녕"}]}],
    }
    with ThreadPoolExecutor(len(passages)) as pool:
        running = [pool.submit(embed, client, passage) for passage in passages]
        client.converse(**ask)
        embed(client, "줄을 서지 않는 질문")
        assert sum(passage.done() for passage in running) < len(passages) / 2
        assert all(len(passage.result()["embedding"]) == 1024 for passage in running)


def test_embedding_faults(standin):
    standin.faults(operation="invoke", error="ThrottlingException")
    with pytest.raises(ClientError, match="ThrottlingException"):
        embed(standin.client(), "청년")
