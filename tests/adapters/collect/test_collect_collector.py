"""The collector against the Open API's stand-in, a bucket and PostgreSQL."""

import json
import threading
from typing import Any

import pytest
from collect_harness import RECORDS, Bucket, Source, record

from finq.database import Database
from finq.errors import Conflict, ServiceUnavailable, SourceUnavailable
from finq.policies.collect import manifest
from finq.policies.etl import runs

PAGES = 3
READINGS = 2 * PAGES
IDS = [f"2026{number:04}" for number in range(RECORDS)]


def counts(report: Any) -> dict[str, int]:
    """Those that are not zero."""
    names = ("listed", "new", "changed", "unchanged", "removed", "held_back", "unusable")
    return {name: value for name in names if (value := getattr(report, name))}


def test_a_first_run_stores_every_record_without_names_of_officials(collect: Any, bucket: Bucket) -> None:
    report = collect()
    assert counts(report) == {"listed": RECORDS, "new": RECORDS}
    assert (report.complete, report.pages, report.stage, report.reason) == (True, READINGS, "done", "")
    stored = bucket.stored()
    assert sorted(stored) == IDS
    expected = record(7)
    del expected["sprvsnInstPicNm"]
    assert stored["20260007"] == expected
    assert sorted(bucket.manifest()) == IDS
    assert manifest.PENDING not in bucket.manifest().values()


def test_a_run_over_an_unchanged_list_writes_nothing(collect: Any, bucket: Bucket) -> None:
    collect()
    bucket.changes()
    assert counts(collect()) == {"listed": RECORDS, "unchanged": RECORDS}
    assert bucket.changes() == []


def test_only_what_changed_is_written(collect: Any, bucket: Bucket, source: Source) -> None:
    collect()
    bucket.changes()
    source.change(record(3, plcyNm="이름이 바뀐 정책"), record(4, inqCnt="6"), record(9999), withdraw=(IDS[1],))
    report = collect()
    assert counts(report) == {"listed": RECORDS, "new": 1, "changed": 1, "unchanged": RECORDS - 2, "removed": 1}
    written = bucket.changes()
    assert sorted(written) == sorted(
        [manifest.KEY] * 2 + ["policies/20260003.json", "policies/20269999.json", "delete_objects"]
    )
    stored = bucket.stored()
    assert stored["20260003"]["plcyNm"] == "이름이 바뀐 정책"
    assert stored["20260004"]["inqCnt"] == "5", "views that have not doubled are no change"
    assert sorted(stored) == sorted(bucket.manifest()) == sorted({*IDS, "20269999"} - {IDS[1]})


def test_records_that_move_while_the_list_is_read_are_neither_missed_nor_removed(
    collect: Any, bucket: Bucket, source: Source
) -> None:
    collect()
    bucket.changes()
    # After the first page two of its records go and two others come: every later one moves over a page's edge,
    # and the counts agree.
    source.change(record(9001), record(9002), withdraw=(IDS[5], IDS[6]), after_calls=2)
    source.change(withdraw=tuple(IDS[10:14]), after_calls=8)
    report = collect()
    expected = {*IDS, "20269001", "20269002"} - {*IDS[5:7], *IDS[10:14]}
    assert report.complete
    assert set(bucket.stored()) == set(bucket.manifest()) == expected
    assert (report.new, report.removed) == (2, 6)


def test_a_list_that_never_holds_still_is_stored_but_nothing_is_removed(
    collect: Any, bucket: Bucket, source: Source
) -> None:
    collect()
    source.change(withdraw=(IDS[0],))
    calls = range(1, 6 * PAGES + 1)
    for call in calls:
        source.change(record(9000 + call), withdraw=(IDS[20 + call],), after_calls=call)
    report = collect()
    assert not report.complete
    assert "the list counts 49 records" in report.reason
    assert report.removed == 0
    assert {IDS[0], "20269001"} <= bucket.stored().keys()
    # The next night it holds still.
    assert collect(accept_vanished=True).removed == 1 + len(calls)
    assert set(bucket.stored()) == {*IDS, *(f"2026{9000 + call}" for call in calls)} - {
        IDS[0],
        *(IDS[20 + call] for call in calls),
    }


def test_when_too_much_is_gone_at_once_nothing_is_removed_until_somebody_says_so(
    collect: Any, bucket: Bucket, source: Source
) -> None:
    collect()
    source.change(withdraw=tuple(IDS[:11]))
    report = collect()
    assert counts(report) == {"listed": 39, "unchanged": 39, "held_back": 11}
    assert report.reason == "22% of the stored records are gone, more than 20%"
    assert len(bucket.stored()) == RECORDS
    assert counts(collect(accept_vanished=True))["removed"] == 11
    assert sorted(bucket.stored()) == sorted(bucket.manifest()) == IDS[11:]


def test_an_empty_list_removes_nothing(collect: Any, bucket: Bucket, source: Source) -> None:
    collect()
    source.change(withdraw=tuple(IDS))
    assert counts(collect()) == {"held_back": RECORDS}
    assert len(bucket.stored()) == RECORDS


def test_a_record_without_a_number_holds_removals_back(collect: Any, bucket: Bucket, source: Source) -> None:
    collect()
    source.change({"plcyNm": "번호 없는 정책"}, withdraw=(IDS[0],))
    report = collect()
    assert (report.complete, report.unusable, report.held_back) == (True, 1, 1)
    assert "no usable number" in report.reason
    assert sorted(bucket.stored()) == IDS


def test_objects_of_others_are_left_alone(collect: Any, bucket: Bucket, source: Source) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="policies/by-hand.json", Body=b'{"plcyNo": "by-hand"}')
    collect()
    source.change(withdraw=(IDS[0],))
    collect()
    assert set(bucket.stored()) == {*IDS[1:], "by-hand"}


@pytest.mark.parametrize(
    "error", ["TooManyRequests", "InternalServerError", "ServiceError", "Truncated", "Maintenance"]
)
def test_a_failure_that_passes_is_not_noticed(collect: Any, bucket: Bucket, source: Source, error: str) -> None:
    source.fail(error, 4)
    report = collect()
    assert counts(report) == {"listed": RECORDS, "new": RECORDS}
    assert source.calls() == READINGS + 4
    assert len(bucket.stored()) == RECORDS


def test_a_page_that_never_comes_is_given_up_and_asked_for_again(collect: Any, source: Source) -> None:
    source.fail("Stalled")
    assert counts(collect(timeout=0.3))["new"] == RECORDS
    assert source.calls() == READINGS + 1


def test_a_source_that_fails_half_way_is_stored_half_way_and_nothing_is_removed(
    collect: Any, bucket: Bucket, source: Source
) -> None:
    collect()
    source.change(record(0, plcyNm="바뀐 이름"), withdraw=(IDS[49],))
    source.fail("InternalServerError", 5, after_calls=1)
    report = collect()
    assert (report.complete, report.changed, report.removed) == (False, 1, 0)
    assert report.reason.startswith("page 2 of ")
    assert report.reason.endswith("failed 5 times: HTTP 500")
    assert bucket.stored()["20260000"]["plcyNm"] == "바뀐 이름"
    assert IDS[49] in bucket.stored()


def test_a_source_that_does_not_answer_at_all_is_an_error(
    collect: Any, bucket: Bucket, source: Source, database: Database
) -> None:
    source.fail("InternalServerError", 5)
    with pytest.raises(SourceUnavailable, match=r"page 1 of .* failed 5 times: HTTP 500"):
        collect()
    assert bucket.changes() == []
    with database.transaction() as connection:
        assert runs.latest(connection)["status"] == "failed"


def test_a_wrong_key_is_an_error_that_says_so_without_showing_it(collect: Any, bucket: Bucket, source: Source) -> None:
    with pytest.raises(SourceUnavailable, match="refuses the API key") as caught:
        collect(key="not-a-key")
    assert not caught.value.retryable
    assert "not-a-key" not in str(caught.value)
    assert source.calls() == 1
    assert bucket.changes() == []


def test_a_reading_that_takes_too_long_ends_incomplete(collect: Any, source: Source) -> None:
    report = collect(seconds=0.5, interval=0.3, sleep=threading.Event().wait)
    assert not report.complete
    assert report.reason == "the list was not read within 0 s"


@pytest.mark.parametrize("at", range(9))
def test_a_run_cut_off_at_any_change_is_made_up_for_by_the_next(
    collect: Any, bucket: Bucket, source: Source, at: int
) -> None:
    collect()
    changed = [record(number, plcyNm="바뀜") for number in range(3)]
    source.change(*changed, record(9001), record(9002), withdraw=(IDS[9], IDS[10]))
    bucket.changes()
    bucket.client.broken_at = at
    try:
        collect()
    except KeyboardInterrupt:
        assert at < 8
    else:
        assert at == 8, "2 manifests, 5 records, 1 removal"
    bucket.client.broken_at = None
    # What was new and what had changed is as it was before, by the time of the next run.
    source.reset()
    report = collect()
    assert report.complete
    assert sorted(bucket.stored()) == sorted(bucket.manifest()) == IDS
    assert all(stored["plcyNm"] != "바뀜" for stored in bucket.stored().values())
    assert manifest.PENDING not in bucket.manifest().values()


def test_one_run_at_a_time(collect: Any, database: Database, postgres_url: str) -> None:
    other = Database(lambda: postgres_url)
    with other.transaction() as connection:
        runs.hold_lock(connection)
    try:
        with pytest.raises(Conflict):
            collect()
    finally:
        with other.transaction() as connection:
            runs.release_lock(connection)
        other.close()
    assert collect().complete


def test_somebody_elses_manifest_is_not_overwritten(collect: Any, bucket: Bucket, source: Source) -> None:
    collect()
    mine = manifest.Manifest.read(bucket.client, bucket.name)
    manifest.Manifest.read(bucket.client, bucket.name).write(bucket.client, bucket.name, {})
    with pytest.raises(Conflict):
        mine.write(bucket.client, bucket.name, {})


def test_a_damaged_manifest_is_said_and_removing_it_stores_all_anew(collect: Any, bucket: Bucket) -> None:
    collect()
    bucket.client.put_object(Bucket=bucket.name, Key=manifest.KEY, Body=b'{"run_id": 1}\n{"id": "1"')
    with pytest.raises(ServiceUnavailable):
        collect()
    bucket.client.delete_object(Bucket=bucket.name, Key=manifest.KEY)
    assert counts(collect())["new"] == RECORDS


def test_the_run_and_the_manifest_say_what_happened(collect: Any, bucket: Bucket, database: Database) -> None:
    collect()
    with database.transaction() as connection:
        latest = runs.latest(connection)
    assert latest["status"] == "complete"
    assert latest["source"].endswith("/go/ythip/getPlcy")
    assert latest["report"]["new"] == RECORDS
    body = bucket.client.get_object(Bucket=bucket.name, Key=manifest.KEY)["Body"].read()
    about = json.loads(body.splitlines()[0])
    assert {"run_id", "time"} <= about.keys()
    assert (about["total"], about["complete"], about["source"]) == (RECORDS, True, latest["source"])
