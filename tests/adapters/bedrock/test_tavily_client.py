"""The Tavily stand-in through tavily-python."""

from email.utils import parsedate_to_datetime

import httpx
import pytest
from tavily import BadRequestError, InvalidAPIKeyError, TavilyClient, UsageLimitExceededError


@pytest.fixture
def client(tavily):
    httpx.delete(f"{tavily}/_standin/faults").raise_for_status()
    return TavilyClient(api_key="tvly-test", api_base_url=tavily)


def test_search_ranks_by_the_words_of_the_query(client):
    answer = client.search("청년 월세 지원 소득 기준 변경", max_results=3, include_answer=True)
    first, *others = answer["results"]
    assert "월세" in first["title"]
    assert len(others) <= 2
    assert all(first["score"] >= other["score"] for other in others)
    assert answer["answer"] == first["content"]
    assert answer["query"] == "청년 월세 지원 소득 기준 변경"
    assert {"response_time", "request_id"} <= answer.keys()
    assert client.search("청년 월세 지원 소득 기준 변경", max_results=3)["results"] == answer["results"]


def test_every_item_is_marked_as_a_sample_on_a_reserved_host(client):
    results = client.search("청년 지원 신청", max_results=20, time_range="year")["results"]
    assert len(results) > 3
    assert all(item["title"].startswith("[예시]") for item in results)
    assert all(httpx.URL(item["url"]).host.endswith((".example.org", ".example.net")) for item in results)


def test_news_is_recent_and_dated(client):
    results = client.search("청년 지원 모집 신청", topic="news", days=5)["results"]
    assert results
    assert all(parsedate_to_datetime(item["published_date"]) for item in results)
    everything = client.search("청년 지원 모집 신청", topic="news", days=365, max_results=20)["results"]
    assert len(everything) > len(results)


def test_nothing_is_found_for_unrelated_words(client):
    assert client.search("zzz qqq")["results"] == []


def test_domains(client):
    inside = client.search("청년 지원", include_domains=["local.example.net"])["results"]
    outside = client.search("청년 지원", exclude_domains=["local.example.net"], max_results=20)["results"]
    assert inside and all("local.example.net" in item["url"] for item in inside)
    assert outside and not any("local.example.net" in item["url"] for item in outside)


def test_extract(client):
    url = client.search("청년 월세")["results"][0]["url"]
    answer = client.extract([url, "https://nowhere.example.org/"])
    assert "예시 기사" in answer["results"][0]["raw_content"]
    assert [failed["url"] for failed in answer["failed_results"]] == ["https://nowhere.example.org/"]


def test_errors_are_those_of_the_service(client, tavily):
    with pytest.raises(InvalidAPIKeyError, match="Unauthorized: missing or invalid API key"):
        TavilyClient(api_key="wrong", api_base_url=tavily).search("청년")
    with pytest.raises(BadRequestError, match="query"):
        client.search("가" * 401)
    httpx.put(f"{tavily}/_standin/faults", json={"operation": "search", "error": "TooManyRequests"}).raise_for_status()
    with pytest.raises(UsageLimitExceededError):
        client.search("청년")
    assert client.search("청년 월세")["results"]
