"""Tests of coordinator.py: Dispatch: what it asks of several agents at once."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent.conformance import (
    Checks,
    peers,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.coordinator as module

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")
WIRED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "fleet.nearest_van": ({"region": "north"}, {"van_id": "V-7", "free_capacity": 12}),
    "fleet.reserve_van": ({"van_id": "V-7"}, {"reserved": True}),
}


async def test_what_it_asks(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """All that is wired at once, and nothing else; half an answer is none."""
    await peers.coordinator(l9_checks, l9_agent, module, WIRED)
