"""What Maths does in core/evaluator.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    unbound,
)
from l9stack.agent.testing import ServedAgent

AGENT = "maths"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_evaluate(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Nobody has bound it: it waits for an anchor, whose answer becomes its own."""
    declared = unbound.Unbound(
        "evaluate",
        request={"expr": "expr", "variables": {"key": "value"}, "digits": 1},
        answer={"value": 1, "unit": "unit"},
        refused={
            "expr": [ABSENT, {"neither": "nor"}],
            "variables": [ABSENT, ["neither"]],
            "digits": [{"neither": "nor"}, 1.5],
            "undeclared_field": [1],
        },
        unfit={"value": [ABSENT, {"neither": "nor"}], "unit": [{"neither": "nor"}], "undeclared_field": [1]},
    )
    await unbound.waiting(l9_checks, l9_agent, declared, ["Ann"])


async def test_simplify(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Nobody has bound it: it waits for an anchor, whose answer becomes its own."""
    declared = unbound.Unbound(
        "simplify",
        request={"expr": "expr"},
        answer={"result": "result"},
        refused={"expr": [ABSENT, {"neither": "nor"}], "undeclared_field": [1]},
        unfit={"result": [ABSENT, {"neither": "nor"}], "undeclared_field": [1]},
    )
    await unbound.waiting(l9_checks, l9_agent, declared, ["Ann"])


async def test_plot(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Nobody has bound it: it waits for an anchor, whose answer becomes its own."""
    declared = unbound.Unbound(
        "plot",
        request={"expr": "expr", "width": 1},
        answer={"answer": "given by an anchor"},
        refused={"expr": [ABSENT, {"neither": "nor"}], "width": [{"neither": "nor"}, 1.5], "undeclared_field": [1]},
    )
    await unbound.waiting(l9_checks, l9_agent, declared, ["Ann"])
