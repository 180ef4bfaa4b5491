"""Tests of core/models.py: Maths: records that the glue names."""

from __future__ import annotations

from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    records,
)

import L9.maths.core.models as module


def test_the_models(l9_checks: Checks) -> None:
    """What fits each of them, and what does not."""
    records.model(
        l9_checks,
        module.PlotRequest,
        [{"expr": "expr", "width": 1}],
        {"expr": [ABSENT, {"neither": "nor"}], "width": [{"neither": "nor"}, 1.5], "undeclared_field": [1]},
    )
    records.model(
        l9_checks,
        module.PlotResult,
        [{}, {"word": "text"}, {"number": 1.5}, {"list": [1, "a"]}, {"deep": {"a": None}}],
        {},
    )
