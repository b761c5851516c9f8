"""Faults and counters behind /_standin."""

import pytest

from finq_local.standins.registry import Delays, Fault, Registry


def registry(**options) -> Registry:
    return Registry({"ask": {"Busy", "Down"}, "embed": {"Down"}}, **options)


def test_faults_of_an_operation_are_used_up_in_order():
    made = registry()
    made.add(Fault(operation="ask", error="Busy", count=2))
    made.add(Fault(operation="ask", error="Down"))
    taken = [made.called("ask", {}) for _ in range(4)]
    assert [fault and fault.error for fault in taken] == ["Busy", "Busy", "Down", None]
    assert made.called("embed", {}) is None
    assert made.snapshot()["calls"] == {"ask": 4, "embed": 1}


@pytest.mark.parametrize(("operation", "error"), [("embed", "Busy"), ("sing", "Down")])
def test_what_cannot_happen_cannot_be_injected(operation, error):
    with pytest.raises(ValueError, match="must be one of"):
        registry().add(Fault(operation=operation, error=error))


def test_reset_goes_back_to_the_delays_of_the_start():
    made = registry(delays=Delays(token_ms=5))
    made.delays = Delays(token_ms=100)
    made.add(Fault(operation="ask", error="Busy"))
    made.reset_faults()
    assert made.delays.token_ms == 5
    assert made.called("ask", {}) is None


def test_requests_are_kept_only_when_recording():
    quiet, recording = registry(), registry(recorded=2)
    for number in range(3):
        quiet.called("ask", {"number": number})
        recording.called("ask", {"number": number})
    assert "requests" not in quiet.snapshot()
    assert [request["number"] for request in recording.snapshot()["requests"]] == [1, 2]
