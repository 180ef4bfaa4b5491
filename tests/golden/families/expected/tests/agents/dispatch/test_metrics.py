"""Tests of metrics.py: Dispatch: how much each operation did."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    history,
    memory,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.metrics as module

AGENT = "dispatch"
SERVED = pytest.mark.asyncio(loop_scope="session")


@SERVED
async def test_what_it_counts(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Decisions of each operation, and the share of those that were escalated."""
    await history.counted(l9_checks, l9_agent, module, ["assign"])


def test_what_may_be_left_out(l9_checks: Checks) -> None:
    """Callers rely on what stands in its place."""
    memory.defaults(
        l9_checks,
        {
            module.summary: {"hours": 24.0},
            module.escalated_share: {"hours": 24.0},
        },
    )
