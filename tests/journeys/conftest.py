"""The whole system, started once a session for each kind of stack, and those who use it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from journey_clients import StandIn, User
from journey_stacks import Stack, composed, docker_is_missing, embedded

from finq_local.stack.emulator import CONFIRMATION_CODE


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each journey on the stack that --stack names; without it on the embedded one, a chosen few on both."""
    if "stack" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--stack")
    only = metafunc.definition.get_closest_marker("only_on")
    both = chosen is None and metafunc.definition.get_closest_marker("containers_too")
    kinds = ["embedded", "compose"] if both else [chosen or (only.args[0] if only else "embedded")]
    reasons = {kind: only.kwargs["reason"] for kind in kinds if only and only.args[0] != kind}
    if chosen is None and metafunc.definition.get_closest_marker("takes_minutes"):
        reasons["compose"] = "takes minutes: pytest tests/journeys --stack compose"
    if missing := "compose" in kinds and docker_is_missing():
        reasons["compose"] = f"no container stack: {missing}"
    parameters = [
        pytest.param(kind, marks=pytest.mark.skip(reason=reasons[kind])) if kind in reasons else kind for kind in kinds
    ]
    metafunc.parametrize("stack", parameters, indirect=True, scope="session")


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The stack, the same for all journeys on it."""
    with {"embedded": embedded, "compose": composed}[request.param]() as running:
        yield running


@pytest.fixture
def bedrock(stack: Stack) -> Iterator[StandIn]:
    """The model."""
    standin = StandIn(stack.bedrock_url)
    yield standin
    standin.behave()


@pytest.fixture
def tavily(stack: Stack) -> Iterator[StandIn]:
    """The web search."""
    standin = StandIn(stack.tavily_url)
    yield standin
    standin.behave()


@pytest.fixture(scope="session")
def rest(stack: Stack) -> Iterator[httpx.Client]:
    """The REST API without a login."""
    with httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def new_user(stack: Stack, rest: httpx.Client) -> Iterator[Callable[..., User]]:
    """Makes a user through the API; keyword arguments become their profile."""
    clients: list[httpx.Client] = []

    def make(**profile: Any) -> User:
        person = {"email": f"{uuid4().hex}@example.com", "password": "Correct-horse-1!"}
        rest.post("/api/auth/signup", json=person).raise_for_status()
        confirmation = {"email": person["email"], "code": CONFIRMATION_CODE}
        rest.post("/api/auth/confirm", json=confirmation).raise_for_status()
        tokens = rest.post("/api/auth/login", json=person).raise_for_status().json()
        headers = {"Authorization": tokens["id_token"]}
        client = httpx.Client(base_url=stack.url, headers=headers, timeout=60, trust_env=False)
        clients.append(client)
        if profile:
            client.patch("/api/me", json=profile).raise_for_status()
        return User(**person, id=tokens["user_id"], tokens=tokens, rest=client)

    yield make
    for one in clients:
        one.close()
