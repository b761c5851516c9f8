"""Policies survive PostgreSQL unchanged, and documents keep their ids."""

import json
from pathlib import Path

import pytest

from finq.errors import NotFound
from finq.policies import repository
from finq.policies.model import Policy, RequiredDocument
from finq.policies.normalise import normalise
from finq.policies.rows import hashes_of

CORPUS = Path(__file__).parents[3].parent / "shared" / "data" / "policies_sample.jsonl"


def policy(*documents: str, **fields) -> Policy:
    papers = tuple(RequiredDocument(name=name) for name in documents)
    return Policy(**{"id": "p1", "name": "지원", "nationwide": True, "documents": papers, "raw": {}} | fields)


def store(database, *policies):
    with database.transaction() as connection:
        repository.upsert(connection, policies)


def document_rows(database):
    with database.transaction() as connection:
        rows = connection.execute("SELECT id, name, current FROM required_documents ORDER BY position, name")
        return {row["name"]: (row["id"], row["current"]) for row in rows}


def test_what_is_stored_comes_back_equal(database, make_policies):
    policies = make_policies(300)
    store(database, *policies)
    with database.transaction() as connection:
        found = repository.get_many(connection, [item.id for item in policies], native=True)
        hashes = repository.stored_hashes(connection)
    assert found == {item.id: item for item in policies}
    assert hashes == {item.id: hashes_of(item) for item in policies}


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the real records are not beside the project")
def test_real_records_come_back_equal(database):
    with CORPUS.open(encoding="utf-8") as lines:
        policies = [normalise(json.loads(line)) for line in lines]
    store(database, *policies)
    with database.transaction() as connection:
        found = repository.get_many(connection, [item.id for item in policies], native=True)
    assert found == {item.id: item for item in policies}


def test_writing_again_replaces_and_brings_back(database):
    store(database, policy(summary="전"))
    with database.transaction() as connection:
        assert repository.withdraw(connection, ["p1", "none"]) == 1
        assert repository.withdraw(connection, ["p1"]) == 0
        assert repository.get_many(connection, ["p1"]) == {}
        assert repository.stored_hashes(connection) == {}
        assert repository.get(connection, "p1").summary == "전"
    store(database, policy(summary="후"))
    with database.transaction() as connection:
        assert repository.get_many(connection, ["p1"])["p1"].summary == "후"


def test_an_unknown_id_is_not_found(database):
    with database.transaction() as connection, pytest.raises(NotFound):
        repository.get(connection, "none")


def test_documents_keep_their_ids_and_ticked_ones_stay(database):
    store(database, policy("신분증", "등본", "통장 사본"))
    before = document_rows(database)
    with database.transaction() as connection:
        connection.execute("INSERT INTO users (id, email) VALUES (gen_random_uuid(), 'a@example.com')")
        connection.execute("INSERT INTO user_policies (user_id, policy_id) SELECT id, 'p1' FROM users")
        connection.execute(
            "INSERT INTO document_progress (user_policy_id, document_id, done) SELECT id, %s, true FROM user_policies",
            [before["등본"][0]],
        )
    store(database, policy("통장 사본", "신분증", "졸업증명서"))
    after = document_rows(database)
    assert after["신분증"] == before["신분증"]
    assert after["통장 사본"] == before["통장 사본"]
    assert after["등본"] == (before["등본"][0], False), "ticked: kept, but no longer asked for"
    assert "졸업증명서" in after
    with database.transaction() as connection:
        names = [document.name for document in repository.get(connection, "p1").documents]
    assert names == ["통장 사본", "신분증", "졸업증명서"]
    store(database, policy("등본"))
    assert document_rows(database) == {"등본": (before["등본"][0], True)}


def limits(database):
    with database.transaction() as connection:
        return connection.execute("SELECT policy_id, max_age, sidos, employment FROM policy_limits").fetchall()


def test_limits_follow_every_change(database):
    store(
        database, policy(max_age=34, nationwide=False, region_codes=("26110", "11680"), employment_codes=("0013003",))
    )
    seoul_and_busan = (1 << 11) + (1 << 26)
    assert limits(database) == [{"policy_id": "p1", "max_age": 34, "sidos": seoul_and_busan, "employment": 1 << 3}]
    store(database, policy(employment_codes=("unknown",)))
    assert limits(database) == [{"policy_id": "p1", "max_age": 32767, "sidos": -1, "employment": 1}]
    with database.transaction() as connection:
        connection.execute("UPDATE youth_policies SET (max_age, employment_codes) = (39, '{}')")  # by hand
    assert limits(database) == [{"policy_id": "p1", "max_age": 39, "sidos": -1, "employment": 1023}]
    with database.transaction() as connection:
        repository.withdraw(connection, ["p1"])
    assert limits(database) == []
    store(database, policy(max_age=20))
    assert [row["max_age"] for row in limits(database)] == [20]
