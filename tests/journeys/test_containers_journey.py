"""What only containers can show: several at once, walls, limits."""

import asyncio
import time
from typing import Any

import pytest
from journey_answers import QUESTION, transcript, wait_until, whole
from journey_stacks import ComposeStack

from finq_local.functions import load_functions
from finq_local.stack.layout import PROJECT

pytestmark = pytest.mark.only_on("compose", reason="of containers")
FUNCTIONS = load_functions(PROJECT / "functions.yaml").functions
CHATBOT = "finkurn-chatbot"


def function_containers(stack: ComposeStack) -> dict[str, list[dict[str, Any]]]:
    """Containers of every function."""
    return {name: stack.containers(stack.service_of[name]) for name in FUNCTIONS}


def cgroup_peak(stack: ComposeStack, service: str) -> int:
    """Highest memory of a service's first container in bytes, its page cache included."""
    script = "cat /sys/fs/cgroup/memory.peak 2>/dev/null || cat /sys/fs/cgroup/memory/memory.max_usage_in_bytes"
    return int(stack.compose("exec", "-T", service, "sh", "-c", script))


async def one_answer(stack: ComposeStack, user: Any, **fields: Any) -> list[dict[str, Any]]:
    async with stack.connect(user) as socket:
        await socket.ask(QUESTION, **fields)
        return await socket.answer()


async def test_three_answers_at_once_with_three_chatbots(stack, new_user, bedrock) -> None:
    users = [new_user(birth_year=2001) for _ in range(3)]
    bedrock.delay(token_ms=50)
    asking = asyncio.gather(*(one_answer(stack, user) for user in users))

    def all_busy() -> bool:
        return sum(worker["state"] == "busy" for worker in stack.workers(CHATBOT)) == 3

    await asyncio.to_thread(wait_until, all_busy, "three chatbots answer at once")
    bedrock.behave()
    for user, frames in zip(users, await asking, strict=True):
        assert transcript(user, frames[0]["chat_id"]) == [("user", QUESTION), ("assistant", whole(frames))]


def test_functions_are_walled_in_as_on_lambda(stack) -> None:
    for name, containers in function_containers(stack).items():
        for container in containers:
            limits = container["HostConfig"]
            assert limits["Memory"] == FUNCTIONS[name].memory * 2**20, name
            assert limits["ReadonlyRootfs"], name
            assert limits["CapDrop"] == ["ALL"], name
            assert container["Config"]["User"] not in ("", "0", "root"), name
            assert not container["HostConfig"]["PortBindings"], name


def test_nothing_but_tmp_can_be_written(stack) -> None:
    script = "touch /tmp/a && ! touch /var/task/a 2>/dev/null && ! touch /a 2>/dev/null && id -u"
    for name in FUNCTIONS:
        assert int(stack.compose("exec", "-T", stack.service_of[name], "sh", "-c", script)) > 0, name


async def test_functions_stay_under_their_memory(stack, new_user, record_property) -> None:
    user = new_user(birth_year=2001, region="서울")
    for _ in range(5):
        assert (await one_answer(stack, user))[-1]["type"] == "done"
    for name, spec in FUNCTIONS.items():
        peak = cgroup_peak(stack, stack.service_of[name])
        record_property(f"{name} peak MB", round(peak / 2**20))
        assert peak < spec.memory * 2**20, name
        [first, *_] = stack.containers(stack.service_of[name])
        assert not first["State"]["OOMKilled"], name


def test_start_of_a_function_to_its_first_answer_is_told(stack, record_property) -> None:
    """No bar on seconds here: the figure goes into the report."""
    service = stack.service_of["finkurn-check-pgvector"]
    stack.compose("stop", "--timeout", "2", service)
    wait_until(lambda: not stack.workers("finkurn-check-pgvector"), "its worker has gone")
    began = time.monotonic()
    stack.compose("start", service)
    assert stack.invoke("finkurn-check-pgvector")["extension"]
    record_property("finkurn-check-pgvector seconds from start to answer", round(time.monotonic() - began, 2))
