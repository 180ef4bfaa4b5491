"""Tests of logger.py: Dispatch: the events that auditors look at."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    history,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.logger as module

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_events(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Each is in the audit chain, under the trace of the call that it tells of."""
    events = {
        module.log_assignments: "assignments",
        module.log_refused_requests: "refused_requests",
    }
    await history.noted(l9_checks, l9_agent, events)
