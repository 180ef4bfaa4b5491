"""What Ledger does in books.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    operations,
)
from l9stack.agent.testing import ServedAgent

AGENT = "ledger"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_enter(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Enter an amount."""
    declared = operations.Declared(
        "enter",
        request={"shelf": "A1", "amount": 7},
        answer={"entry": "A1", "amount": 7},
        cases=[
            operations.Case(),
            operations.Case(request={"shelf": "x"}, answer={"entry": "x"}),
            operations.Case(request={"amount": 0}, answer={"amount": 0}),
            operations.Case(request={"shelf": "xxxxxxxxxx"}, answer={"entry": "xxxxxxxxxx"}),
            operations.Case(request={"amount": 1000}, answer={"amount": 1000}),
        ],
        refused={
            "shelf": [ABSENT, {"neither": "nor"}, "", "xxxxxxxxxxx"],
            "amount": [ABSENT, {"neither": "nor"}, -1, 1001, 1.5],
            "undeclared_field": [1],
        },
        paths=["/ledger/enter"],
        packet_types=["enter"],
        publishes="entered",
    )
    await operations.bound(l9_checks, l9_agent, declared)
