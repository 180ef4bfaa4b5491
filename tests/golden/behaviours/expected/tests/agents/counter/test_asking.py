"""What Counter does in asking.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    operations,
)
from l9stack.agent.testing import ServedAgent

AGENT = "counter"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_total(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Add up two shelves and enter the sum."""
    declared = operations.Declared(
        "total",
        request={"shelf": "A1", "first": 3, "second": 4},
        answer={"entry": "entry", "total": 1},
        cases=[
            operations.Case(),
            operations.Case(request={"shelf": "x"}, sent={"shelf": "x"}),
            operations.Case(request={"first": 0}, sent={"amount": 4}),
            operations.Case(request={"second": 0}, sent={"amount": 3}),
            operations.Case(request={"shelf": "xxxxxxxxxx"}, sent={"shelf": "xxxxxxxxxx"}),
            operations.Case(request={"first": 500}, sent={"amount": 504}),
            operations.Case(request={"second": 500}, sent={"amount": 503}),
            operations.Case(answer={"entry": "x" * 60}, said={"entry": "x" * 60}),
            operations.Case(answer={"total": 0}, said={"amount": 0}),
            operations.Case(answer={"total": 1000}, said={"amount": 1000}),
        ],
        peer=operations.Peer(
            "ledger",
            "enter",
            said={"entry": "entry", "amount": 1},
            sent={"shelf": "A1", "amount": 7},
            verb="packet_type",
            unfit={
                "entry": [ABSENT, {"neither": "nor"}, "x" * 61],
                "amount": [ABSENT, {"neither": "nor"}, -1, 1001, 1.5],
            },
        ),
        refused={
            "shelf": [ABSENT, {"neither": "nor"}, "", "xxxxxxxxxxx"],
            "first": [ABSENT, {"neither": "nor"}, -1, 501, 1.5],
            "second": [ABSENT, {"neither": "nor"}, -1, 501, 1.5],
            "undeclared_field": [1],
        },
        paths=["/count/total"],
    )
    await operations.bound(l9_checks, l9_agent, declared)
