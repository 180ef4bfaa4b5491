"""Tests of packet_router.py: Dispatch: packets in and out."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    messaging,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.packet_router as module

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_packets_that_it_takes(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Each leads to its operation, as the wirings say."""
    await messaging.taken(l9_checks, l9_agent, module, {"assign": "assign"})


async def test_the_packets_that_it_sends(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Each is sent to all who take it."""
    await messaging.forwarded(l9_checks, l9_agent, module, {"reserve_van": ("fleet",)})
