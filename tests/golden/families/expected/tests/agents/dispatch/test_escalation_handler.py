"""Tests of escalation_handler.py: Dispatch: the policy's triggers, and the way to a person."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    governance,
    memory,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.escalation_handler as module

AGENT = "dispatch"
SERVED = pytest.mark.asyncio(loop_scope="session")


@SERVED
async def test_the_triggers(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Those that the policy names, and no others."""
    await governance.triggers(
        l9_checks,
        l9_agent,
        {
            module.raise_model_drift_detected: "model_drift_detected",
            module.raise_driver_not_reachable: "driver_not_reachable",
        },
    )


@SERVED
async def test_the_way_to_a_person(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """An escalated call waits for the anchors of the policy."""
    await governance.escalation(l9_checks, l9_agent, module.escalate, module.ANCHORS, ("Shift Lead", "Compliance"))


def test_what_may_be_left_out(l9_checks: Checks) -> None:
    """Callers rely on what stands in its place."""
    memory.defaults(
        l9_checks,
        {
            module.raise_model_drift_detected: {"detail": ""},
            module.raise_driver_not_reachable: {"detail": ""},
            module.escalate: {"severity": ""},
        },
    )
