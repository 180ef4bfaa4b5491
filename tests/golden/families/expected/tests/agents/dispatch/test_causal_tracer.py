"""Tests of causal_tracer.py: Dispatch: why its decisions were as they were."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    knowledge,
    memory,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.causal_tracer as module

AGENT = "dispatch"
SERVED = pytest.mark.asyncio(loop_scope="session")


@SERVED
async def test_what_it_traces(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """What each factor was in decisions, and what it bore on."""
    await knowledge.traced(
        l9_checks,
        l9_agent,
        module.trace_distance,
        module.DistanceFactor,
        knowledge.Factor(
            "distance",
            sample=12,
            bore_on={"van_id": "van id", "confidence": 1},
        ),
    )
    await knowledge.traced(
        l9_checks,
        l9_agent,
        module.trace_region,
        module.RegionFactor,
        knowledge.Factor(
            "region",
            sample="north",
            bore_on={"van_id": "van id"},
            choices={
                "value": ["north", "south"],
            },
        ),
    )


def test_what_may_be_left_out(l9_checks: Checks) -> None:
    """Callers rely on what stands in its place."""
    memory.defaults(
        l9_checks,
        {
            module.trace_distance: {"limit": 20},
            module.trace_region: {"limit": 20},
        },
    )
