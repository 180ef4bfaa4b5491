"""Tests of event_listener.py: Fleet: the events that it observes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.fleet.event_listener import OBSERVES, operation_for

SERVED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "fleet.json", l9_code, l9_backends) as served:
        yield served


EXPECTED: list[tuple[str, str, str]] = [
    ("dispatch", "van_assigned", "on_van_assigned"),
]


@pytest.mark.parametrize(("source", "event", "operation"), EXPECTED)
def test_each_event_runs_its_operation(source: str, event: str, operation: str) -> None:
    """As the wirings say."""
    assert operation_for(source, event) == operation


@pytest.mark.parametrize("other", ["another_agent", ""])
@pytest.mark.parametrize(("source", "event", "operation"), EXPECTED)
def test_an_event_of_another_agent_runs_nothing(source: str, event: str, operation: str, other: str) -> None:
    """Who publishes it counts as much as its name."""
    assert operation_for(other, event) is None


@pytest.mark.parametrize("other", ["another event", "", "on_"])
@pytest.mark.parametrize(("source", "event", "operation"), EXPECTED)
def test_another_event_runs_nothing(source: str, event: str, operation: str, other: str) -> None:
    """Names are compared as they are."""
    assert operation_for(source, other) is None


def test_nothing_else_is_observed() -> None:
    """No source less, none more."""
    found = [(item.source, event, name) for item in OBSERVES for event, name in item.events.items()]
    assert found == EXPECTED


@SERVED
@pytest.mark.parametrize(("source", "event", "operation"), EXPECTED)
async def test_the_agent_observes_what_is_declared(agent: ServedAgent, source: str, event: str, operation: str) -> None:
    """The served agent has the observation, and an operation for it."""
    assert agent.definition.observes == OBSERVES
    assert agent.definition.operation(operation) is not None
