"""`finq verify`: what it asks the loader's function, what it prints, and its exit code."""

import pytest
from typer.testing import CliRunner

from finq_local.cli import main, verify
from finq_local.stack import loading

SOUND = {
    "generation": {"model_id": "titan/1024", "collection": "policy_embeddings_1"},
    "policies": 3,
    "vectors": 3,
    "entries": 3,
    "findings": {},
    "seconds": 0.1,
    "consistent": True,
}
BROKEN = SOUND | {
    "entries": 1,
    "findings": {
        "milvus.missing": {"count": 2, "samples": ["P1"]},
        "milvus.alias wrong": {"count": 1, "samples": ["x"]},
    },
    "consistent": False,
}


@pytest.fixture
def run(monkeypatch):
    """Runs the command against a loader that answers so; output, exit code, and the event sent."""

    def run(answer, *options):
        events = []

        def invoke(layout, progress, event):
            events.append(event)
            return answer

        monkeypatch.setattr(verify, "running_stack", lambda: None)
        monkeypatch.setattr(loading, "run", invoke)
        result = CliRunner().invoke(main.app, ["verify", *options])
        [event] = events
        return result.output, result.exit_code, event

    return run


def test_consistent_stores_are_said_so(run):
    output, code, event = run(SOUND)
    assert (code, event) == (0, {"action": "verify", "repair": False})
    assert "consistent" in output
    assert "titan/1024" in output


def test_faults_are_listed_with_the_way_out_and_fail_the_command(run):
    output, code, _ = run(BROKEN)
    assert code == 1
    assert "milvus.missing: 2 (P1 …)" in output
    assert "milvus.alias wrong: 1 (x)" in output
    assert "finq verify --repair" in output


def test_a_repair_is_asked_for_and_not_suggested_again(run):
    output, code, event = run(BROKEN, "--repair")
    assert (code, event) == (1, {"action": "verify", "repair": True})
    assert "--repair" not in output


def test_an_empty_stack_is_consistent(run):
    empty = {"generation": None, "policies": 0, "vectors": 0, "entries": None}
    output, code, _ = run(SOUND | empty)
    assert code == 0
    assert "no policies are loaded" in output
