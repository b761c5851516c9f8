"""Somebody saves a policy, the web is looked at, and today's view tells them what seems to have changed."""

from uuid import uuid4

import httpx
import psycopg
import pytest

RENT = "20260226990000221732"  # 부산 청년 머물자리 월세
MOVING = "20260122990000285084"  # 서울 청년 이사하는 날


@pytest.fixture
def publish(stack):
    """Puts a page on the stand-in's web."""
    client = httpx.Client(base_url=f"{stack.tavily_url}/_standin", trust_env=False)
    yield lambda **item: client.put("/items", json=[{"days_ago": 1, **item}]).raise_for_status()
    client.delete("/items").raise_for_status()


@pytest.fixture
def unchecked(stack):
    """As if nothing had been looked up or found yet."""
    with psycopg.connect(stack.database) as connection:
        connection.execute("TRUNCATE policy_checks, policy_notices")


def policies(stack) -> list[tuple]:
    with psycopg.connect(stack.database) as connection:
        return connection.execute("SELECT * FROM youth_policies ORDER BY id").fetchall()


def save(user, policy_id: str) -> None:
    user.rest.post("/api/user-policies", json={"policy_id": policy_id}).raise_for_status()


def test_a_change_on_the_web_is_shown_with_its_source(stack, new_user, publish, unchecked, contract_checked) -> None:
    user = new_user()
    save(user, RENT)
    url = f"https://local.example.net/{uuid4()}"
    publish(title="부산 청년 머물자리 월세 지원금 인상", url=url, content="부산시는 지원금을 올린다.")
    publish(title="대구 청년 월세 지원금 인상", url=f"{url}-daegu", content="대구시는 지원금을 올린다.")
    before = policies(stack)
    result = stack.finq("monitor")
    assert result.returncode == 0, result.stderr
    response = user.rest.get("/api/today")
    contract_checked("GET", "/api/today", response.status_code, response.json())
    notices = response.json()["notices"]
    assert {notice["policy_id"] for notice in notices} == {RENT}
    [raised] = [notice for notice in notices if notice["url"] == url]
    assert (raised["kind"], raised["title"]) == ("amount_changed", "부산 청년 머물자리 월세 지원금 인상")
    assert raised["confidence"] >= 0.5
    assert any(notice["kind"] == "extended" for notice in notices), "and the authored sample"
    assert not any("대구" in notice["title"] for notice in notices)
    assert policies(stack) == before
    detail = user.rest.get(f"/api/policies/{RENT}").json()
    assert url in [notice["url"] for notice in detail["notices"]]


def test_only_those_who_saved_it_see_it(stack, new_user, unchecked) -> None:
    one, other = new_user(), new_user()
    save(one, MOVING)
    assert stack.finq("monitor").returncode == 0
    assert [notice["kind"] for notice in one.rest.get("/api/today").json()["notices"]] == ["budget_spent"]
    assert other.rest.get("/api/today").json()["notices"] == []


@pytest.mark.parametrize(("error", "ended"), [("TooManyRequests", "throttled"), ("InternalServerError", "unavailable")])
def test_a_search_that_fails_ends_with_a_report_and_is_made_up_for(
    stack, new_user, tavily, unchecked, *, error, ended
) -> None:
    users = [new_user() for _ in range(3)]
    for user, policy in zip(users, (RENT, MOVING, "20260523990000752305"), strict=True):
        save(user, policy)
    tavily.fail("search", error, count=4)
    report = stack.invoke("finkurn-monitor-policies")
    assert (report["ended"], report["checked"], report["recorded"]) == (ended, 0, 0)
    tavily.behave()
    report = stack.invoke("finkurn-monitor-policies")
    assert report["ended"] == "done"
    assert report["checked"] == report["due"] >= 3
    assert all(user.rest.get("/api/today").json()["notices"] for user in users)
