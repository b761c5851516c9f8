"""What only containers can show: limits, walls, restarts of what they stand on, and that nothing is left of them."""

import asyncio
import contextlib
import json
import subprocess
import time
from typing import Any

import pytest
from journey_answers import QUESTION, transcript, wait_until, whole
from journey_clients import Socket
from journey_stacks import ComposeStack, composed

from finq_local.functions import load_functions
from finq_local.stack import functions as lambda_api
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


async def settled(socket: Socket, chat_id: str, request_id: str) -> str:
    """The answer to one request, which is sent again, as a client does, as long as errors come."""
    for _ in range(120):
        await socket.ask(QUESTION, chat_id=chat_id, request_id=request_id)
        frames = await socket.answer()
        if frames[-1]["type"] == "done":
            return whole(frames)
        assert frames[-1]["retryable"], frames[-1]
        await asyncio.sleep(0.5)  # a client's patience
    raise AssertionError("never answered")


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


def test_gateway_restarted_and_workers_join_again(stack, new_user) -> None:
    stack.compose("restart", "--timeout", "5", "gateway")

    def all_back() -> bool:
        with contextlib.suppress(lambda_api.StackError):
            return stack.worker_ids().keys() == FUNCTIONS.keys()
        return False

    wait_until(all_back, "every function has joined again", 90)
    assert new_user(birth_year=2001).rest.get("/api/me").json()["birth_year"] == 2001


@pytest.mark.parametrize("service", ["localstack", "milvus", "postgres"])
async def test_what_functions_stand_on_stopped_and_started_mid_traffic(stack, new_user, service) -> None:
    """People ask on and on; nothing is lost and nothing comes twice."""
    users = [new_user(birth_year=2001) for _ in range(2)]
    chats = [user.rest.post("/api/chats", json={}).json()["id"] for user in users]
    over = asyncio.Event()
    answers: list[list[str]] = [[] for _ in users]

    async def ask_on(number: int) -> None:
        async with stack.connect(users[number]) as socket:  # open all the while
            while not over.is_set() or len(answers[number]) < 3:
                request_id = f"{service}-{number}-{len(answers[number])}"
                answers[number].append(await settled(socket, chats[number], request_id))

    async def disturb() -> None:
        try:
            await asyncio.to_thread(wait_until, lambda: all(answers), "traffic flows")
            await asyncio.to_thread(stack.compose, "stop", "--timeout", "10", service)
            await asyncio.to_thread(stack.compose, "up", "--detach", "--no-recreate", "--no-deps", "--wait", service)
        finally:
            over.set()

    await asyncio.gather(disturb(), *(ask_on(number) for number in range(len(users))))
    for user, chat_id, texts in zip(users, chats, answers, strict=True):
        stored = user.rest.get(f"/api/chats/{chat_id}/messages", params={"limit": 50}).json()["items"]
        assert [item["content"] for item in stored if item["role"] == "assistant"] == texts
        assert len([item for item in stored if item["role"] == "user"]) == len(texts)


def test_nothing_is_left_of_a_stack(stack) -> None:
    """A second one, of nothing but what `down` has to find: containers, volumes, a network."""
    with composed(services=("postgres", "cognito")) as other:
        label = f"label=com.docker.compose.project={other.project}"
        assert len(left_of(label)) == 5
    assert left_of(label) == []


def left_of(label: str) -> list[str]:
    """Containers, volumes and networks that bear a label."""
    lists = (["ps", "--all", "--quiet"], ["volume", "ls", "--quiet"], ["network", "ls", "--quiet"])
    return [
        found
        for what in lists
        for found in subprocess.run(
            ["docker", *what, "--filter", label], capture_output=True, text=True, check=True
        ).stdout.split()
    ]


def test_status_of_a_stack_that_something_else_runs(stack) -> None:
    result = stack.finq("status", "--json")
    assert result.returncode == 0, result.stderr
    status = json.loads(result.stdout)
    assert status["ready"]
    assert status["functions"].keys() == FUNCTIONS.keys()
    assert "logs: docker compose logs" in stack.finq("status").stdout
    assert f"answers at {stack.url}" in stack.finq("doctor").stdout
    assert "docker compose" in stack.finq("down").stderr
