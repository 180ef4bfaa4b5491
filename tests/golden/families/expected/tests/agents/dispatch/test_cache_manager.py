"""Tests of cache_manager.py: Dispatch: answers that are kept for a while."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    history,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.cache_manager as module
from L9.agents.dispatch.assignment import AssignRequest, AssignResponse

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_it_keeps(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Answers to equal requests, for 600 s."""
    kept = history.Kept(
        "assign",
        AssignRequest.model_validate({"request_id": "R-1", "region": "north", "distance": 12}),
        AssignResponse.model_validate({"van_id": "van id", "confidence": 1}),
        AssignRequest.model_validate({"request_id": "other-request_id", "region": "north", "distance": 12}),
    )
    await history.cached(l9_checks, l9_agent, (module.keep_assign, module.kept_assign), kept, 600)
