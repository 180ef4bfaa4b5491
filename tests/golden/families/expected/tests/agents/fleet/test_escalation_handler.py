"""Tests of escalation_handler.py: Fleet: the policy's triggers, and the way to a person."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    governance,
    memory,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.fleet.escalation_handler as module

AGENT = "fleet"
SERVED = pytest.mark.asyncio(loop_scope="session")


@SERVED
async def test_the_triggers(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Those that the policy names, and no others."""
    await governance.triggers(
        l9_checks,
        l9_agent,
        {
            module.raise_load_above_what_the_van_may_carry: "load_above_what_the_van_may_carry",
        },
    )


@SERVED
async def test_the_way_to_a_person(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """An escalated call waits for the anchors of the policy."""
    await governance.escalation(l9_checks, l9_agent, module.escalate, module.ANCHORS, ("Shift Lead",))


def test_what_may_be_left_out(l9_checks: Checks) -> None:
    """Callers rely on what stands in its place."""
    memory.defaults(
        l9_checks,
        {
            module.raise_load_above_what_the_van_may_carry: {"detail": ""},
            module.escalate: {"severity": ""},
        },
    )
