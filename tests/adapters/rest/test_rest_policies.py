"""/api/policies and /api/health on real PostgreSQL; text queries with the embedding stand-in."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from finq import aws as finq_aws
from finq import settings
from finq.accounts.claims import Claims
from finq.policies import api, repository
from finq.policies.embedding import TitanEmbedder, embedded_text, text_hash
from finq.policies.vectors.pgvector import PgVectorStore
from finq.policies.vectors.port import VectorEntry
from finq.settings import EmbeddingSettings

Call = Callable[..., tuple[int, Any]]
Store = Callable[..., Any]


def ids(answer: tuple[int, Any]) -> list[str]:
    assert answer[0] == 200, answer
    return [item["id"] for item in answer[1]["items"]]


@pytest.fixture
def some(store: Store) -> None:
    store("housing", categories=("주거",), ends_in=20, views=5)
    store("job", categories=("일자리",), employment_codes=("0013003",), ends_in=5, views=9)
    store("busan", categories=("주거",), nationwide=False, region_codes=("26290",), ends_in=10)
    store("teens", categories=("교육",), min_age=13, max_age=18)
    store("poor", categories=("복지문화",), income_kind="annual", max_income=2000)
    store("closed", application_kind="closed", application_periods=())
    store("always", application_kind="always", application_periods=())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"housing", "job", "busan", "teens", "poor", "always"}),
        ({"category": "주거"}, {"housing", "busan"}),
        ({"category": ["주거", "교육"]}, {"housing", "busan", "teens"}),
        ({"region": "서울"}, {"housing", "job", "teens", "poor", "always"}),
        ({"region": "부산 남구", "category": "주거"}, {"housing", "busan"}),
        ({"age": 25}, {"housing", "job", "busan", "poor", "always"}),
        ({"age": 15, "category": "교육"}, {"teens"}),
        ({"employment": "재직자"}, {"housing", "busan", "teens", "poor", "always"}),
        ({"employment": "unemployed", "category": "일자리"}, {"job"}),
        ({"income": 3000}, {"housing", "job", "busan", "teens", "always"}),
        ({"status": "closed"}, {"closed"}),
        ({"status": ["always", "closed"]}, {"always", "closed"}),
    ],
    ids=str,
)
def test_filters(call: Call, haneul: Claims, some: None, query: dict[str, Any], expected: set[str]) -> None:
    assert set(ids(call("GET", "/api/policies", haneul, query=query))) == expected


def test_orders(call: Call, haneul: Claims, some: None) -> None:
    assert ids(call("GET", "/api/policies", haneul, query={"sort": "deadline"}))[:3] == ["job", "busan", "housing"]
    assert ids(call("GET", "/api/policies", haneul, query={"sort": "views"}))[:2] == ["job", "housing"]


@pytest.mark.parametrize("sort", ["recommended", "deadline", "latest", "views"])
def test_pages_hold_everything_once(call: Call, haneul: Claims, some: None, sort: str) -> None:
    whole = ids(call("GET", "/api/policies", haneul, query={"sort": sort}))
    seen, query = [], {"sort": sort, "limit": 2}
    while True:
        answer = call("GET", "/api/policies", haneul, query=query)
        seen += ids(answer)
        if answer[1]["next_cursor"] is None:
            break
        query = {"sort": sort, "limit": 2, "cursor": answer[1]["next_cursor"]}
    assert seen == whole


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 51}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"age": -1}, "age"),
        ({"age": 300}, "age"),
        ({"region": "아틀란티스"}, "region"),
        ({"employment": "백수"}, "employment"),
        ({"category": "축구"}, "category.0"),
        ({"status": "maybe"}, "status.0"),
        ({"sort": "random"}, "sort"),
        ({"cursor": "x"}, "cursor"),
        ({"q": ""}, "q"),
        ({"q": " \u3000"}, "q"),
        ({"q": "가" * 201}, "q"),
        ({"q": "a\x00"}, "q"),
        ({"q": "월세", "cursor": "x"}, "cursor"),
    ],
    ids=str,
)
def test_bad_queries_are_named(call: Call, haneul: Claims, query: dict[str, Any], field: str) -> None:
    status, answer = call("GET", "/api/policies", haneul, query=query)
    assert (status, answer["error"]["code"]) == (400, "INVALID_INPUT")
    assert field in answer["error"]["details"]["fields"]


def test_verdicts_follow_the_profile_and_what_the_query_says(call: Call, haneul: Claims, some: None) -> None:
    def verdict(**query: Any) -> str:
        _, page = call("GET", "/api/policies", haneul, query=query)
        return next(item["verdict"] for item in page["items"] if item["id"] == "teens")

    assert verdict() == "unknown"
    call("PATCH", "/api/me", haneul, body={"age": 25})
    assert verdict() == "not_eligible"
    assert verdict(age=15) == "eligible"
    _, detail = call("GET", "/api/policies/{id}", haneul, id="teens")
    assert detail["policy"]["verdict"] == "not_eligible"
    assert detail["policy"]["reasons"][0]["limit"] == "age"


def test_a_policy_in_full(call: Call, store: Store, haneul: Claims, product_database: Any) -> None:
    store(
        "p1",
        modified_at=datetime.fromisoformat("2026-11-01T13:27:00"),
        how_to_apply="누리집에서 신청",
        reference_urls=("https://example.com",),
        quota=100,
        keywords=("월세",),
    )
    _, detail = call("GET", "/api/policies/{id}", haneul, id="p1")
    assert (detail["how_to_apply"], detail["reference_urls"], detail["quota"]) == (
        "누리집에서 신청",
        ["https://example.com"],
        100,
    )
    assert (detail["withdrawn"], detail["user_policy_id"], detail["notices"]) == (False, None, [])
    assert detail["modified_at"] == "2026-11-01T13:27:00+09:00"
    assert [document["name"] for document in detail["policy"]["documents"]] == ["신청서", "주민등록등본"]
    with product_database.transaction() as connection:
        connection.execute(
            "INSERT INTO policy_notices (policy_id, title, url, confidence)"
            " VALUES ('p1', '기간 연장', 'https://example.com/1', 0.9)"
        )
    _, saved = call("POST", "/api/user-policies", haneul, body={"policy_id": "p1"})
    _, detail = call("GET", "/api/policies/{id}", haneul, id="p1")
    assert (detail["user_policy_id"], detail["notices"][0]["title"]) == (saved["id"], "기간 연장")


def test_a_policy_that_does_not_exist(call: Call, haneul: Claims) -> None:
    assert call("GET", "/api/policies/{id}", haneul, id="nowhere")[0] == 404
    assert call("GET", "/api/policies/{id}", haneul, id="a b'--")[0] == 400


def test_a_withdrawn_policy_is_not_listed(call: Call, store: Store, haneul: Claims, product_database: Any) -> None:
    store("p1")
    with product_database.transaction() as connection:
        repository.withdraw(connection, ["p1"])
    assert ids(call("GET", "/api/policies", haneul)) == []


def test_recommendations_put_interests_first_and_leave_out_what_is_ruled_out_or_saved(
    call: Call, haneul: Claims, some: None
) -> None:
    call("PATCH", "/api/me", haneul, body={"age": 25, "region": "부산 남구", "interests": ["주거"]})
    _, answer = call("GET", "/api/policies/recommended", haneul)
    assert [item["policy"]["id"] for item in answer["items"]] == ["busan", "housing", "always", "job", "poor"]
    assert answer["items"][0]["why"] == [
        "관심 분야(주거)에 맞아요.",
        "알려 준 조건으로 신청할 수 있어요.",
        "마감까지 10일 남았어요.",
    ]
    call("POST", "/api/user-policies", haneul, body={"policy_id": "busan"})
    _, answer = call("GET", "/api/policies/recommended", haneul, query={"limit": 1})
    assert [item["policy"]["id"] for item in answer["items"]] == ["housing"]


@pytest.fixture
def embedder(bedrock: str, aws_environment: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", bedrock)
    finq_aws.client.cache_clear()
    settings.load.cache_clear()
    api._search.cache_clear()
    yield TitanEmbedder(EmbeddingSettings.from_environment())
    api._search.cache_clear()


def test_a_text_query_finds_by_meaning_within_the_filters(
    call: Call, store: Store, haneul: Claims, embedder: Any, product_database: Any
) -> None:
    policies = [
        store("rent", name="청년 월세 한시 특별지원", summary="무주택 청년의 월세를 매달 지원", categories=("주거",)),
        store("savings", name="청년도약계좌", summary="청년의 목돈 마련을 돕는 적금", categories=("복지문화",)),
        store("startup", name="창업사관학교", summary="예비 창업자 교육과 사업화 자금", categories=("일자리",)),
        store("old", name="월세 지원", summary="월세", categories=("주거",), application_kind="closed"),
    ]
    entries = [
        VectorEntry(one, embedder.embed(embedded_text(one)).vector, text_hash(one), "", embedder.model_id)
        for one in policies
    ]
    PgVectorStore(product_database).upsert(entries)
    assert ids(call("GET", "/api/policies", haneul, query={"q": "집세가 부담돼요"}))[0] == "rent"
    assert "old" not in ids(call("GET", "/api/policies", haneul, query={"q": "월세 지원"}))
    assert ids(call("GET", "/api/policies", haneul, query={"q": "적금 추천", "limit": 1})) == ["savings"]
    assert ids(call("GET", "/api/policies", haneul, query={"q": "월세", "category": "일자리"})) == ["startup"]


def test_without_its_database_the_backend_says_so_and_recovers_by_itself(
    call: Call, haneul: Claims, product_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("GET", "/api/health") == (200, {"status": "ok", "checks": {"database": "ok"}})
    working = product_database._conninfo
    product_database.close()
    monkeypatch.setattr(product_database, "_conninfo", lambda: "host=127.0.0.1 port=9 connect_timeout=1")
    status, answer = call("GET", "/api/health")
    assert (status, answer["error"]["details"]) == (503, {"checks": {"database": "down"}})
    for resource in ("/api/me", "/api/policies", "/api/user-policies", "/api/today", "/api/chats"):
        status, answer = call("GET", resource, haneul)
        assert (status, answer["error"]["code"]) == (503, "SERVICE_UNAVAILABLE"), resource
    monkeypatch.setattr(product_database, "_conninfo", working)
    assert call("GET", "/api/health")[0] == 200
    assert call("GET", "/api/me", haneul)[0] == 200


def test_a_connection_that_the_server_cut_is_replaced(call: Call, haneul: Claims, product_database: Any) -> None:
    call("GET", "/api/me", haneul)
    with product_database.transaction() as connection:
        backend = connection.info.backend_pid
    import psycopg

    with psycopg.connect(product_database._conninfo(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [backend])
    assert call("GET", "/api/me", haneul)[0] == 200


def test_saving_the_first_hundred_does_not_end_the_recommendations(
    call: Call, store: Store, haneul: Claims, product_database: Any
) -> None:
    for number in range(100):
        store(f"soon-{number}", ends_in=5)
    store("later", ends_in=50)
    call("GET", "/api/me", haneul)
    with product_database.transaction() as connection:
        connection.execute(
            "INSERT INTO user_policies (user_id, policy_id) SELECT %s, id FROM youth_policies WHERE id <> 'later'",
            [haneul.sub],
        )
    _, answer = call("GET", "/api/policies/recommended", haneul)
    assert [item["policy"]["id"] for item in answer["items"]] == ["later"]
