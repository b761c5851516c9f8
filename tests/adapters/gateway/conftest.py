"""Gateways for the tests of this folder."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gateway_harness import LIMITS, Running, free_ports, run


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One gateway for the tests that do not need limits of their own."""
    folder = tmp_path_factory.mktemp("gateway")
    yield from run(folder, LIMITS, runtime_port_base=free_ports(20), external=("container",))


@pytest.fixture
def gateway_with(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Makes a gateway with other limits (`limits={…}`) or settings."""
    running: list[Iterator[Running]] = []

    def make(limits: dict[str, Any] | None = None, **settings: Any) -> Running:
        generator = run(tmp_path, replace(LIMITS, **limits or {}), **settings)
        running.append(generator)
        return next(generator)

    yield make
    for generator in running:
        next(generator, None)
