"""Endpoints of Counter as api/routes.py lists them."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    composition,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.counter.api.routes as module

AGENT = "counter"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_endpoints(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Those of the schema, each for its own method alone, and no others."""
    await composition.routes(
        l9_checks,
        l9_agent,
        module.ROUTES,
        [("POST", "/count/weigh", "weigh"), ("POST", "/count/total", "total"), ("POST", "/count/find", "find")],
    )
