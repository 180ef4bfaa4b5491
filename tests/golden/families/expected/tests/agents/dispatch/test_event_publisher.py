"""Tests of event_publisher.py: Dispatch: the events that it publishes."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    messaging,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.event_publisher as module
from L9.agents.dispatch.assignment import AssignResponse

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_events(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Those of the operations, each published as it was given when its call has succeeded."""
    await messaging.events(l9_checks, l9_agent, module.EVENTS, ["van_assigned"])
    await messaging.published(
        l9_checks,
        l9_agent,
        module.publish_van_assigned,
        AssignResponse,
        ("van_assigned", {"van_id": "van id", "confidence": 1}),
    )
