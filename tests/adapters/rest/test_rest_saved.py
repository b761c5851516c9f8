"""/api/user-policies, documents and /api/today on real PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from finq import clock
from finq.accounts.claims import Claims
from finq.policies import repository

Call = Callable[..., tuple[int, Any]]
Store = Callable[..., Any]


@pytest.fixture
def save(call: Call, haneul: Claims) -> Callable[..., dict[str, Any]]:
    def save(policy_id: str, **fields: Any) -> dict[str, Any]:
        status, saved = call("POST", "/api/user-policies", haneul, body={"policy_id": policy_id, **fields})
        assert status == 201
        return saved

    return save


@pytest.fixture
def saved(store: Store, save: Any) -> dict[str, Any]:
    """Policy p1, saved."""
    store("p1")
    return save("p1")


def test_saving_twice_gives_the_same_thing(call: Call, store: Store, haneul: Claims, save: Any) -> None:
    policy = store("p1", ends_in=3)
    saved = save("p1", status="preparing", notes="서류부터")
    assert saved["policy"]["name"] == policy.name
    assert (saved["d_day"], saved["progress"]) == (3, {"done": 0, "total": 2})
    assert call("POST", "/api/user-policies", haneul, body={"policy_id": "p1", "status": "applied"}) == (200, saved)
    assert call("GET", "/api/user-policies", haneul)[1]["items"] == [saved]


def test_a_policy_that_does_not_exist_cannot_be_saved(call: Call, haneul: Claims) -> None:
    assert call("POST", "/api/user-policies", haneul, body={"policy_id": "nowhere"})[0] == 404


def test_two_people_save_the_same_policy_apart(call: Call, store: Store, haneul: Claims, bada: Claims) -> None:
    store("p1")
    first = call("POST", "/api/user-policies", haneul, body={"policy_id": "p1", "notes": "하늘"})[1]
    second = call("POST", "/api/user-policies", bada, body={"policy_id": "p1", "notes": "바다"})[1]
    assert first["id"] != second["id"]
    assert [one["notes"] for one in call("GET", "/api/user-policies", bada)[1]["items"]] == ["바다"]


def test_what_is_sent_changes_and_the_rest_stays(call: Call, store: Store, haneul: Claims, save: Any) -> None:
    store("p1", ends_in=10)
    saved = save("p1", notes="메모", remind_days_before=3)
    mine = (clock.today() + timedelta(days=2)).isoformat()

    def change(body: dict[str, Any]) -> dict[str, Any]:
        status, changed = call("PATCH", "/api/user-policies/{id}", haneul, body=body, id=saved["id"])
        assert status == 200
        return changed

    changed = change({"personal_deadline": mine, "status": "applied"})
    assert (changed["due"], changed["d_day"], changed["status"]) == (mine, 2, "applied")
    assert (changed["notes"], changed["remind_days_before"]) == ("메모", 3)
    changed = change({"personal_deadline": None, "remind_days_before": None, "notes": ""})
    assert (changed["d_day"], changed["remind_days_before"], changed["notes"]) == (10, None, "")
    assert change({})["status"] == "applied"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "done"}, "status"),
        ({"status": None}, "status"),
        ({"personal_deadline": "내일"}, "personal_deadline"),
        ({"personal_deadline": "2026-13-01"}, "personal_deadline"),
        ({"notes": "가" * 2001}, "notes"),
        ({"notes": None}, "notes"),
        ({"notes": "a\u0000b"}, "notes"),
        ({"remind_days_before": 61}, "remind_days_before"),
        ({"remind_days_before": -1}, "remind_days_before"),
        ({"policy_id": "p2"}, "policy_id"),
    ],
    ids=str,
)
def test_bad_changes_are_named(call: Call, haneul: Claims, saved: dict[str, Any], body: Any, field: str) -> None:
    status, answer = call("PATCH", "/api/user-policies/{id}", haneul, body=body, id=saved["id"])
    assert status == 400
    assert field in answer["error"]["details"]["fields"]
    assert call("GET", "/api/user-policies", haneul)[1]["items"] == [saved]


def test_pages_hold_everything_once_newest_first(call: Call, store: Store, haneul: Claims, save: Any) -> None:
    for n in range(7):
        store(f"p{n}")
        save(f"p{n}", status="preparing" if n % 2 else "interested")
    seen, cursor = [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        status, page = call("GET", "/api/user-policies", haneul, query=query)
        assert status == 200
        seen += [item["policy"]["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"p{n}" for n in reversed(range(7))]
    _, page = call("GET", "/api/user-policies", haneul, query={"status": "preparing"})
    assert {item["policy"]["id"] for item in page["items"]} == {"p1", "p3", "p5"}


@pytest.mark.parametrize("cursor", ["x", "가나다", "W10", "WyJhIiwiYiJd", "e30", "=" * 10])
def test_a_made_up_cursor_is_refused(call: Call, haneul: Claims, cursor: str) -> None:
    status, answer = call("GET", "/api/user-policies", haneul, query={"cursor": cursor})
    assert status == 400
    assert "cursor" in answer["error"]["details"]["fields"]


def test_a_withdrawn_policy_stays_with_whoever_saved_it(
    call: Call, store: Store, haneul: Claims, save: Any, product_database: Any
) -> None:
    store("p1")
    saved = save("p1")
    with product_database.transaction() as connection:
        repository.withdraw(connection, ["p1"])
    assert call("GET", "/api/user-policies", haneul)[1]["items"] == [saved]
    _, detail = call("GET", "/api/policies/{id}", haneul, id="p1")
    assert (detail["withdrawn"], detail["user_policy_id"]) == (True, saved["id"])


def test_documents_are_ticked_off(call: Call, store: Store, haneul: Claims, save: Any) -> None:
    store("p1")
    saved = save("p1")
    _, listed = call("GET", "/api/user-policies/{id}/documents", haneul, id=saved["id"])
    form, register = listed["documents"]
    assert [form["name"], register["name"], form["required"], register["required"]] == [
        "신청서",
        "주민등록등본",
        True,
        None,
    ]

    def put(*ticks: dict[str, Any]) -> dict[str, Any]:
        body = {"documents": list(ticks)}
        status, answer = call("PUT", "/api/user-policies/{id}/documents", haneul, body=body, id=saved["id"])
        assert status == 200
        return answer

    answer = put({"document_id": form["document_id"], "done": True, "note": "동사무소"})
    assert answer["progress"] == {"done": 1, "total": 2}
    assert answer["documents"][0]["note"] == "동사무소"
    answer = put(
        {"document_id": form["document_id"], "done": True}, {"document_id": register["document_id"], "done": True}
    )
    assert answer["progress"] == {"done": 2, "total": 2}
    assert answer["documents"][0]["note"] == "동사무소"
    assert call("GET", "/api/user-policies", haneul)[1]["items"][0]["progress"] == {"done": 2, "total": 2}
    assert put({"document_id": form["document_id"], "done": False, "note": ""})["documents"][0]["note"] == ""


def test_a_ticked_document_that_left_the_record_is_kept_but_not_counted(
    call: Call, store: Store, haneul: Claims, save: Any
) -> None:
    policy = store("p1")
    saved = save("p1")
    _, listed = call("GET", "/api/user-policies/{id}/documents", haneul, id=saved["id"])
    body = {"documents": [{"document_id": listed["documents"][0]["document_id"], "done": True}]}
    call("PUT", "/api/user-policies/{id}/documents", haneul, body=body, id=saved["id"])
    store("p1", documents=policy.documents[1:])
    _, listed = call("GET", "/api/user-policies/{id}/documents", haneul, id=saved["id"])
    assert [(one["name"], one["current"], one["done"]) for one in listed["documents"]] == [
        ("주민등록등본", True, False),
        ("신청서", False, True),
    ]
    assert listed["progress"] == {"done": 0, "total": 1}


def test_another_policys_document_is_refused_and_nothing_is_stored(
    call: Call, store: Store, haneul: Claims, save: Any
) -> None:
    store("p1")
    store("p2")
    one, other = save("p1"), save("p2")
    _, mine = call("GET", "/api/user-policies/{id}/documents", haneul, id=one["id"])
    _, foreign = call("GET", "/api/user-policies/{id}/documents", haneul, id=other["id"])
    ticks = [{"document_id": documents["documents"][0]["document_id"], "done": True} for documents in (mine, foreign)]
    status, answer = call("PUT", "/api/user-policies/{id}/documents", haneul, body={"documents": ticks}, id=one["id"])
    assert status == 400
    assert list(answer["error"]["details"]["fields"]) == ["documents.1.document_id"]
    assert call("GET", "/api/user-policies/{id}/documents", haneul, id=one["id"])[1] == mine


FOREIGN = {
    ("PATCH", "/api/user-policies/{id}"): {"notes": "x"},
    ("DELETE", "/api/user-policies/{id}"): None,
    ("GET", "/api/user-policies/{id}/documents"): None,
    ("PUT", "/api/user-policies/{id}/documents"): {"documents": [{"document_id": 1, "done": True}]},
}


@pytest.mark.parametrize("route", FOREIGN, ids=" ".join)
def test_somebody_elses_is_404_like_what_does_not_exist(
    call: Call, haneul: Claims, bada: Claims, saved: dict[str, Any], route: tuple[str, str]
) -> None:
    foreign = call(*route, bada, body=FOREIGN[route], id=saved["id"])
    assert foreign[0] == 404
    assert foreign == call(*route, bada, body=FOREIGN[route], id=str(uuid4()))
    assert call(*route, bada, body=FOREIGN[route], id="1")[0] == 400
    assert call("GET", "/api/user-policies", haneul)[1]["items"] == [saved]


def test_what_is_deleted_is_gone(call: Call, store: Store, haneul: Claims, save: Any) -> None:
    store("p1")
    saved = save("p1")
    assert call("DELETE", "/api/user-policies/{id}", haneul, id=saved["id"]) == (204, None)
    assert call("DELETE", "/api/user-policies/{id}", haneul, id=saved["id"])[0] == 404
    assert call("GET", "/api/user-policies", haneul)[1]["items"] == []


def test_today_sorts_what_is_due(call: Call, store: Store, haneul: Claims, save: Any, product_database: Any) -> None:
    for policy_id, days in (
        ("soon", 3),
        ("today", 0),
        ("later", 40),
        ("missed", -2),
        ("long-gone", -30),
        ("applied", 1),
    ):
        store(policy_id, ends_in=days)
    save("soon", remind_days_before=5)
    save("today")
    save("later", remind_days_before=5)
    save("missed")
    save("long-gone")
    save("applied", status="applied", remind_days_before=5)
    store("mine", ends_in=90)
    save("mine", personal_deadline=(clock.today() + timedelta(days=7)).isoformat())
    with product_database.transaction() as connection:
        connection.execute(
            "INSERT INTO policy_notices (policy_id, title, url, confidence, found_at) VALUES"
            " ('soon', '기간 연장', 'https://example.com/1', 0.9, now()),"
            " ('later', '오래된 소식', 'https://example.com/2', 0.9, now() - interval '31 days')"
        )
    status, today = call("GET", "/api/today", haneul)
    assert status == 200

    def ids(name: str) -> list[str]:
        return [item["policy"]["id"] for item in today[name]]

    assert today["date"] == clock.today().isoformat()
    assert (ids("overdue"), ids("due_today"), ids("due_soon")) == (["missed"], ["today"], ["soon", "mine"])
    assert ids("reminders") == ["soon"]
    assert [notice["title"] for notice in today["notices"]] == ["기간 연장"]
    assert (today["saved"], today["documents"]) == (7, {"done": 0, "total": 12})


def test_an_empty_today_is_empty(call: Call, haneul: Claims) -> None:
    _, today = call("GET", "/api/today", haneul)
    assert (today["saved"], today["due_soon"], today["notices"]) == (0, [], [])
