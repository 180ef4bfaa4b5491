"""What Tariff does in rates.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    operations,
    unbound,
)
from l9stack.agent.testing import ServedAgent
from toll.shares import share_of as on_passed_function

AGENT = "tariff"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_toll(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Work out the toll of a distance."""
    declared = operations.Declared(
        "toll",
        request={"kind": "bike", "distance": 120},
        answer={"toll": 6.0, "rebate": 1, "cheap": False},
        cases=[
            operations.Case(),
            operations.Case(request={"distance": 99}, answer={"toll": 4.95, "cheap": True}),
            operations.Case(request={"kind": "car"}, answer={"toll": 12.0}),
            operations.Case(request={"distance": 100}, answer={"toll": 5.0, "rebate": 2, "cheap": True}),
            operations.Case(request={"kind": "lorry"}, answer={"toll": 48.0}),
            operations.Case(request={"distance": 101}, answer={"toll": 5.05, "rebate": 3}),
            operations.Case(request={"distance": 0}, answer={"toll": 0.0, "rebate": 0, "cheap": True}),
            operations.Case(request={"distance": 900}, answer={"toll": 45.0, "rebate": 4}),
        ],
        refused={
            "kind": [ABSENT, {"neither": "nor"}, "none of these"],
            "distance": [ABSENT, {"neither": "nor"}, -1, 901, 1.5],
            "undeclared_field": [1],
        },
        paths=["/tariff/toll"],
    )
    await operations.bound(l9_checks, l9_agent, declared)


async def test_on_passed(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Count what was taken, by our own rules."""
    declared = operations.Declared(
        "on_passed",
        request={"plate": "BA-77", "toll": 12, "dear": True},
        refused={
            "plate": [ABSENT, {"neither": "nor"}, "x" * 13],
            "toll": [ABSENT, {"neither": "nor"}, -0.01, 500.01],
            "dear": [ABSENT, {"neither": "nor"}],
            "undeclared_field": [1],
        },
    )
    await operations.bound(l9_checks, l9_agent, declared)
    await operations.implemented(l9_checks, l9_agent, declared, on_passed_function, ["share"])


async def test_exempt(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Nobody has bound it: it waits for an anchor, whose answer becomes its own."""
    declared = unbound.Unbound(
        "exempt",
        request={"plate": "BA-77"},
        answer={"exempt": True},
        refused={"plate": [ABSENT, {"neither": "nor"}, "x" * 13], "undeclared_field": [1]},
        unfit={"exempt": [ABSENT, {"neither": "nor"}], "undeclared_field": [1]},
        reusable=True,
    )
    await unbound.waiting(l9_checks, l9_agent, declared, ["Road Master", "Ministry"])
