"""Asynchronous invocations: retries, and the record that the failure destination gets."""

import uuid

from gateway_harness import Running, wait_until


def seen(gateway: Running, name: str, key: str):
    return [entry for entry in gateway.seen(name) if entry["event"].get("key") == key]


def records_of(gateway: Running, key: str):
    entries = [entry["event"] for entry in gateway.seen("undertaker")]
    return [record for record in entries if record.get("requestPayload", {}).get("key") == key]


def test_an_event_is_accepted_at_once_and_runs(gateway: Running):
    key = uuid.uuid4().hex
    reply = gateway.invoke("behave", {"key": key}, InvocationType="Event")
    assert reply["StatusCode"] == 202
    [entry] = wait_until(lambda: seen(gateway, "behave", key))
    assert entry["request_id"] == reply["ResponseMetadata"]["RequestId"]


def test_a_failing_event_is_retried_twice_and_then_reported(gateway: Running):
    key = uuid.uuid4().hex
    reply = gateway.invoke("fragile", {"key": key, "do": "raise"}, InvocationType="Event")
    request_id = reply["ResponseMetadata"]["RequestId"]
    [record] = wait_until(lambda: records_of(gateway, key))
    attempts = seen(gateway, "fragile", key)
    assert [attempt["request_id"] for attempt in attempts] == [request_id] * 3
    assert attempts[1]["at"] - attempts[0]["at"] >= 0.1
    assert attempts[2]["at"] - attempts[1]["at"] >= 0.2
    assert record.pop("timestamp").endswith("Z")
    assert record.pop("responsePayload")["errorType"] == "ValueError"
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": "arn:aws:lambda:ap-northeast-2:000000000000:function:fragile:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"key": key, "do": "raise"},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    }


def test_a_retry_that_succeeds_ends_it(gateway: Running, tmp_path):
    key = uuid.uuid4().hex
    event = {"key": key, "do": "fail until", "attempt": 2, "marker": str(tmp_path / "count")}
    gateway.invoke("fragile", event, InvocationType="Event")
    wait_until(lambda: len(seen(gateway, "fragile", key)) == 2)
    follow_up = uuid.uuid4().hex
    gateway.invoke("fragile", {"key": follow_up, "do": "raise"}, InvocationType="Event")
    wait_until(lambda: records_of(gateway, follow_up))
    assert len(seen(gateway, "fragile", key)) == 2
    assert records_of(gateway, key) == []


def test_without_retries_a_crash_is_reported_at_once(gateway: Running):
    key = uuid.uuid4().hex
    gateway.invoke("once", {"key": key, "do": "kill"}, InvocationType="Event")
    [record] = wait_until(lambda: records_of(gateway, key))
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responsePayload"]["errorType"] == "Runtime.ExitError"
    assert len(seen(gateway, "once", key)) == 1


def test_old_events_are_not_retried(gateway_with):
    gateway = gateway_with(limits={"event_age": 0.05})
    key = uuid.uuid4().hex
    gateway.invoke("fragile", {"key": key, "do": "raise"}, InvocationType="Event")
    [record] = wait_until(lambda: records_of(gateway, key))
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 1


def test_events_wait_for_a_free_process_longer_than_callers_do(gateway_with):
    gateway = gateway_with(limits={"queue": 0.2})
    key = uuid.uuid4().hex
    for _ in range(3):
        event = {"key": key, "do": "sleep", "seconds": 0.3}
        assert gateway.invoke("once", event, InvocationType="Event")["StatusCode"] == 202
    wait_until(lambda: len(seen(gateway, "once", key)) == 3)
    assert len({entry["pid"] for entry in seen(gateway, "once", key)}) == 1
