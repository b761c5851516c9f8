"""What only containers can show and takes minutes: what they stand on goes and comes back, and nothing is left of them.

Run by `pytest tests/journeys --stack compose`, and left out where all tests run.
"""

import asyncio
import contextlib
import json
import subprocess

import pytest
from journey_answers import QUESTION, wait_until, whole
from journey_clients import Socket
from journey_stacks import composed

from finq_local.functions import load_functions
from finq_local.stack import functions as lambda_api
from finq_local.stack.layout import PROJECT

pytestmark = [pytest.mark.only_on("compose", reason="of containers"), pytest.mark.takes_minutes]
FUNCTIONS = load_functions(PROJECT / "functions.yaml").functions


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


def test_gateway_restarted_and_workers_join_again(stack, new_user) -> None:
    stack.compose("restart", "--timeout", "5", "gateway")

    def all_back() -> bool:
        with contextlib.suppress(lambda_api.StackError):
            return stack.worker_ids().keys() == FUNCTIONS.keys()
        return False

    # Each is started anew once, by Docker, and imports its handler again: all of them at the same time.
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
        assert left_of(label)
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
