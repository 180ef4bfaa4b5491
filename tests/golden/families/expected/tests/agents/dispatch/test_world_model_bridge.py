"""Tests of world_model_bridge.py: Dispatch: what the graph knows about the entities that it deals with."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    knowledge,
    memory,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.world_model_bridge as module

AGENT = "dispatch"
SERVED = pytest.mark.asyncio(loop_scope="session")


@SERVED
async def test_what_it_knows(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Properties, neighbours and decisions of each entity that the agent deals with."""
    await knowledge.about(
        l9_checks,
        l9_agent,
        module.about_van,
        knowledge.Entity("van", "van_id"),
    )
    await knowledge.about(
        l9_checks,
        l9_agent,
        module.about_depot,
        knowledge.Entity("depot", "depot_id"),
    )
    await knowledge.about(
        l9_checks,
        l9_agent,
        module.about_request,
        knowledge.Entity("request", "request_id"),
    )


def test_what_may_be_left_out(l9_checks: Checks) -> None:
    """Callers rely on what stands in its place."""
    memory.defaults(
        l9_checks,
        {
            module.about_van: {"limit": 20},
            module.about_depot: {"limit": 20},
            module.about_request: {"limit": 20},
        },
    )
