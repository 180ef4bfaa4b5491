"""What Desk does in weighing.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    operations,
)
from l9stack.agent.testing import ServedAgent

AGENT = "desk"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_weigh(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Weigh a request."""
    declared = operations.DeclaredOperation(
        "weigh",
        request={"amount": 12, "place": "Bath"},
        answer={"fee": 6.0},
        cases=[
            operations.Case(),
            operations.Case(request={"amount": 0}, answer={"fee": 0.0}),
            operations.Case(request={"place": "x" * 20}),
            operations.Case(request={"amount": 900}, answer={"fee": 450.0}),
        ],
        refused={
            "amount": [ABSENT, {"neither": "nor"}, -0.01, 900.01],
            "place": [ABSENT, {"neither": "nor"}, "x" * 21],
            "undeclared_field": [1],
        },
        paths=["/desk/weigh"],
    )
    await operations.bound(l9_checks, l9_agent, declared)
