"""What a release reads and writes, and that each function is tried before it gets traffic."""

import json

import pytest

from finq_local.functions import load_functions
from finq_local.stack.layout import PROJECT
from finq_ops.release.artifacts import variables
from finq_ops.release.plan import ReleaseError, read_plan
from finq_ops.release.probes import PROBES, UNPROBED

DIGEST = "sha256:" + "a" * 64


def outputs(version: str = "7") -> dict:
    function = {"name": "finkurn-api-dev", "alias": "live", "version": version}
    alarms = {"finkurn-api": ["two", "one"], "finkurn-chatbot": ["two"]}
    return {"functions": {"value": {"finkurn-api": function}}, "rollback_alarms": {"value": alarms}}


def test_terraforms_outputs_become_a_plan() -> None:
    plan = read_plan(outputs())
    assert plan["finkurn-api"].name == "finkurn-api-dev"
    assert plan.alarms == ("one", "two")


@pytest.mark.parametrize(("given", "told"), [({}, "functions, rollback_alarms"), (outputs("$LATEST"), "no version")])
def test_outputs_that_say_too_little_are_refused(given, told) -> None:
    with pytest.raises(ReleaseError, match=told):
        read_plan(given)


def test_each_function_is_tried_or_known_not_to_be() -> None:
    functions = set(load_functions(PROJECT / "functions.yaml").functions)
    assert PROBES.keys() | UNPROBED == functions
    assert not PROBES.keys() & UNPROBED


def test_images_are_given_by_digest_alone() -> None:
    image = f"000000000000.dkr.ecr.ap-northeast-2.amazonaws.com/finq-chatbot@{DIGEST}"
    assert json.loads(variables({"chatbot": image}, ["chatbot"], "abc")) == {
        "images": {"chatbot": image},
        "zips_prefix": "abc",
    }
    with pytest.raises(ReleaseError, match="by digest"):
        variables({"chatbot": "registry/finq-chatbot:latest"}, ["chatbot"], "abc")
    with pytest.raises(ReleaseError, match="no image of etl"):
        variables({"chatbot": image}, ["chatbot", "etl"], "abc")
