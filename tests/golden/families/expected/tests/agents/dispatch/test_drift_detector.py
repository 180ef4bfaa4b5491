"""Tests of drift_detector.py: Dispatch: whether a figure of its answers has moved."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    history,
    memory,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.drift_detector as module

AGENT = "dispatch"
SERVED = pytest.mark.asyncio(loop_scope="session")


@SERVED
async def test_what_it_detects(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Figures that have moved, and no others."""
    await history.drifting(l9_checks, l9_agent, module.detect, ["confidence"], "model_drift_detected")


def test_what_may_be_left_out(l9_checks: Checks) -> None:
    """Callers rely on what stands in its place."""
    memory.defaults(
        l9_checks,
        {
            module.detect: {"recent": 20, "earlier": 200, "threshold": 3.0},
        },
    )
