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
    """As the wirings say; the same event of another agent is not observed."""
    assert operation_for(source, event) == operation
    assert operation_for("another_agent", event) is None
    assert operation_for(source, "another event") is None


def test_nothing_else_is_observed() -> None:
    """No source less, none more."""
    found = [(item.source, event, name) for item in OBSERVES for event, name in item.events.items()]
    assert found == EXPECTED


@SERVED
async def test_the_agent_observes_what_is_declared(agent: ServedAgent) -> None:
    """The served agent has these observations, and operations for all of them."""
    assert agent.definition.observes == OBSERVES
    assert all(agent.definition.operation(name) for _, _, name in EXPECTED)
