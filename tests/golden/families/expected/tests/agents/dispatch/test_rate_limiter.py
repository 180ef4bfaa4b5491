"""Tests of rate_limiter.py: Dispatch: the bounds of every call."""

from __future__ import annotations

import pytest
from l9stack.agent import Limits
from l9stack.agent.conformance import (
    Checks,
    composition,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.rate_limiter as module

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_limits(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Rate and size are those of the settings, and the agent is held to them."""
    declared = Limits(rate="600/minute", max_payload_bytes=1048576)
    await composition.limits(l9_checks, l9_agent, module.LIMITS, declared)
