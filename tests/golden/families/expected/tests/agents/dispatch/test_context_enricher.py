"""Tests of context_enricher.py: Dispatch: what memory knows beside a request."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent.conformance import (
    Checks,
    history,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.context_enricher as module

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_it_adds(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Earlier decisions with the same values, and the entities that are named."""
    values: dict[str, Any] = {"request_id": "R-1", "region": "north"}
    await history.enriched(l9_checks, l9_agent, module.enrich, values, {"request_id": "request"})
