"""A release against the AWS emulator: real versions of real functions behind real aliases, alarms that ring."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from finq_ops.release.aliases import Alarms, Aliases, Record, Route
from finq_ops.release.artifacts import upload_zips
from finq_ops.release.plan import Plan, Published, ReleaseError
from finq_ops.release.rollout import MIGRATIONS, Pace, Rollout, roll_back

HANDLER = """
def handler(event, context):
    if {broken}:
        raise RuntimeError("broken")
    return {answer}
"""
ANSWERS = {"finkurn-check-pgvector": {"extension": {"safe": True}}, MIGRATIONS: {"applied": ["0009.new"]}}
PACE = Pace(share=0.25, canary=60, after=30, poll=10)


def code(answer: Any, *, broken: bool = False) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("app.py", HANDLER.format(broken=broken, answer=answer))
    return body.getvalue()


class System:
    """The two functions with an alias each, and one alarm; names of its own in the shared emulator."""

    def __init__(self, aws: Any) -> None:
        self.functions, self.alarms = aws.client("lambda"), aws.client("cloudwatch")
        self.suffix = f"-{uuid4().hex[:8]}"
        self.alarm = f"errors{self.suffix}"
        self.alarms.put_metric_alarm(
            AlarmName=self.alarm, MetricName="Errors", Namespace="AWS/Lambda", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        self.ring("OK")
        role = aws.client("iam").create_role(RoleName=f"release{self.suffix}", AssumeRolePolicyDocument="{}")
        for key, answer in ANSWERS.items():
            self.functions.create_function(
                FunctionName=key + self.suffix, Runtime="python3.12", Role=role["Role"]["Arn"], Handler="app.handler",
                Code={"ZipFile": code(answer)}, Publish=True,
            )  # fmt: skip
            self.functions.create_alias(FunctionName=key + self.suffix, Name="live", FunctionVersion="1")

    def publish(self, broken: str | None = None) -> Plan:
        published = []
        for key, answer in ANSWERS.items():
            version = self.functions.update_function_code(
                FunctionName=key + self.suffix, ZipFile=code({**answer, "n": uuid4().hex}, broken=key == broken),
                Publish=True,
            )["Version"]  # fmt: skip
            published.append(Published(key, key + self.suffix, "live", version))
        return Plan(tuple(published), (self.alarm,))

    def ring(self, state: str) -> None:
        self.alarms.set_alarm_state(AlarmName=self.alarm, StateValue=state, StateReason="test")

    def routes(self, plan: Plan) -> list[Route]:
        return [Aliases(self.functions).route(function) for function in plan.functions]

    def rollout(self, plan: Plan, at: Callable[[float], None] = lambda _: None, **options: Any) -> Rollout:
        clock = [0.0]

        def sleep(seconds: float) -> None:
            clock[0] += seconds
            at(clock[0])

        return Rollout(
            plan,
            Aliases(self.functions),
            Alarms(self.alarms),
            lambda _: None,
            now=lambda: clock[0],
            sleep=sleep,
            **options,
        )  # fmt: skip


@pytest.fixture
def system(aws) -> Iterator[System]:
    return System(aws)


def test_traffic_moves_by_a_share_and_then_whole(system) -> None:
    plan = system.publish()
    seen: list[tuple[float, list[Route]]] = []
    before = system.rollout(plan, lambda now: seen.append((now, system.routes(plan)))).run(PACE)
    assert [routes for now, routes in seen if now <= 50] == [[Route("1", "2", 0.25)] * 2] * 5
    assert seen[-1] == (90, [Route("2")] * 2)
    assert before == dict.fromkeys(ANSWERS, "1")
    assert system.rollout(plan).run(PACE) == {}


@pytest.mark.parametrize("when", [20, 70])
def test_an_alarm_takes_it_back_before_and_after_the_whole_shift(system, when) -> None:
    plan = system.publish()
    rollout = system.rollout(plan, lambda now: system.ring("ALARM") if now == when else None)
    with pytest.raises(ReleaseError, match=system.alarm):
        rollout.run(PACE)
    assert system.routes(plan) == [Route("1")] * 2


def test_a_cancelled_pipeline_leaves_nothing_behind(system) -> None:
    plan = system.publish()

    def cancel(_now: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        system.rollout(plan, cancel).run(PACE)
    assert system.routes(plan) == [Route("1")] * 2


@pytest.mark.parametrize(("broken", "reason"), [(MIGRATIONS, "migrations"), ("finkurn-check-pgvector", "not in order")])
def test_what_does_not_work_gets_no_traffic(system, broken, reason) -> None:
    plan = system.publish(broken)
    with pytest.raises(ReleaseError, match=reason):
        system.rollout(plan, lambda _: pytest.fail("no time may pass")).run(PACE)
    assert system.routes(plan) == [Route("1")] * 2


def test_it_does_not_start_while_an_alarm_rings_unless_told_to(system) -> None:
    plan = system.publish()
    system.ring("ALARM")
    with pytest.raises(ReleaseError, match="ring already"):
        system.rollout(plan).run(PACE)
    assert system.rollout(plan, despite=frozenset({system.alarm})).run(PACE)


def test_an_alarm_that_does_not_exist_holds_it_back(system) -> None:
    plan = system.publish()
    with pytest.raises(ReleaseError, match="no alarms of-another-name"):
        system.rollout(Plan(plan.functions, ("of-another-name",))).run(PACE)


def test_half_a_release_has_to_be_rolled_back_first(system) -> None:
    plan = system.publish()
    aliases = Aliases(system.functions)
    aliases.send(plan.functions[0], Route("1", "2", 0.5))
    with pytest.raises(ReleaseError, match="cut off"):
        system.rollout(plan).run(PACE)
    left = roll_back(plan, aliases, dict.fromkeys(ANSWERS, "1"), lambda _: None)
    assert left[plan.functions[0].key] == "2"
    assert system.routes(plan) == [Route("1")] * 2


def test_a_function_kept_warm_moves_with_the_rest(system) -> None:
    plan = system.publish()
    warm = plan.functions[0]
    system.functions.put_provisioned_concurrency_config(
        FunctionName=warm.name, Qualifier="live", ProvisionedConcurrentExecutions=1
    )
    seen: list[list[Route]] = []
    system.rollout(plan, lambda _: seen.append(system.routes(plan))).run(PACE)
    assert seen[0] == [Route("1"), Route("1", "2", 0.25)]
    assert seen[-1] == [Route("2")] * 2


def test_the_record_knows_what_was_live_before(aws) -> None:
    s3, bucket = aws.client("s3"), f"releases-{uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    record = Record(s3, bucket, "releases/dev.json")
    with pytest.raises(ReleaseError, match="none to go back to"):
        record.before()
    record.write({"finkurn-api": "3"}, {"finkurn-api": "1"})
    assert record.before() == {"finkurn-api": "1"}
    assert json.loads(s3.get_object(Bucket=bucket, Key="releases/dev.json")["Body"].read())["live"] == {
        "finkurn-api": "3"
    }


def test_the_same_zips_have_the_same_place(aws, tmp_path) -> None:
    s3, bucket = aws.client("s3"), f"zips-{uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    (tmp_path / "a.zip").write_bytes(b"one")
    (tmp_path / "b.zip").write_bytes(b"two")
    first = upload_zips(s3, bucket, tmp_path, ["a", "b"])
    assert upload_zips(s3, bucket, tmp_path, ["b", "a"]) == first
    (tmp_path / "b.zip").write_bytes(b"three")
    second = upload_zips(s3, bucket, tmp_path, ["a", "b"])
    assert second != first
    assert s3.get_object(Bucket=bucket, Key=f"{first}/b.zip")["Body"].read() == b"two"
    with pytest.raises(ReleaseError, match="no zip of c"):
        upload_zips(s3, bucket, tmp_path, ["a", "c"])
