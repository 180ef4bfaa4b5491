"""Tests of event_listener.py: Fleet: the events that it observes."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    messaging,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.fleet.event_listener as module

AGENT = "fleet"
pytestmark = pytest.mark.asyncio(loop_scope="session")
OBSERVED = [
    ("dispatch", "van_assigned", "on_van_assigned"),
]


async def test_what_it_observes(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Each event runs its operation, and nothing else runs any."""
    await messaging.observed(l9_checks, l9_agent, module, OBSERVED)
