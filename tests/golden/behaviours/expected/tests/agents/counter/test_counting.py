"""What Counter does in counting.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    look_ups,
    operations,
)
from l9stack.agent.testing import ServedAgent

AGENT = "counter"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_weigh(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Weigh a count against the rules."""
    declared = operations.Declared(
        "weigh",
        request={"total": 10},
        answer={"status": "APPROVED", "fired": [], "anchors": []},
        cases=[
            operations.Case(),
            operations.Case(request={"total": 999.99}),
            operations.Case(request={"total": 1000}),
            operations.Case(
                request={"total": 1000.01},
                answer={"status": "ESCALATED", "fired": ["total_1_000"], "anchors": ["Ada", "Board of Trustees"]},
                escalates=True,
            ),
            operations.Case(request={"total": 0}),
            operations.Case(
                request={"total": 5000},
                answer={"status": "ESCALATED", "fired": ["total_1_000"], "anchors": ["Ada", "Board of Trustees"]},
                escalates=True,
            ),
        ],
        refused={"total": [ABSENT, {"neither": "nor"}, -0.01, 5000.01], "undeclared_field": [1]},
        paths=["/count/weigh"],
    )
    await operations.bound(l9_checks, l9_agent, declared)


async def test_find(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Find earlier counts of a shelf."""
    declared = operations.Declared(
        "find",
        request={"shelf": "A1"},
        refused={"shelf": [ABSENT, {"neither": "nor"}, "", "xxxxxxxxxxx"], "undeclared_field": [1]},
        paths=["/count/find"],
    )
    await operations.bound(l9_checks, l9_agent, declared)
    await look_ups.look_up(
        l9_checks,
        l9_agent,
        look_ups.LookUp("find", declared.request, 3, {"shelf": "other-shel"}, ["count", "decisions"]),
    )


async def test_on_entered(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Grade an entry."""
    declared = operations.Declared(
        "on_entered",
        request={"entry": "A1-7", "amount": 7},
        answer={"grade": "large"},
        cases=[
            operations.Case(request={"amount": 101}),
            operations.Case(answer={"grade": "small"}),
            operations.Case(request={"amount": 99}, answer={"grade": "small"}),
            operations.Case(request={"amount": 100}, answer={"grade": "small"}),
            operations.Case(request={"amount": 0}, answer={"grade": "small"}),
            operations.Case(request={"amount": 1000}),
            operations.Case(request={"entry": "x" * 60, "amount": 101}),
            operations.Case(request={"entry": "x" * 60}, answer={"grade": "small"}),
        ],
        refused={
            "entry": [ABSENT, {"neither": "nor"}, "x" * 61],
            "amount": [ABSENT, {"neither": "nor"}, -1, 1001, 1.5],
            "undeclared_field": [1],
        },
    )
    await operations.bound(l9_checks, l9_agent, declared)
