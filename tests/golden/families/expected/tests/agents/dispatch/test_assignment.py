"""What Dispatch does in assignment.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    operations,
)
from l9stack.agent.testing import ServedAgent

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_assign(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Assign the nearest van to a collection request."""
    declared = operations.Declared(
        "assign",
        request={"request_id": "R-1", "region": "north", "distance": 12},
        answer={"van_id": "long-haul", "confidence": 0.5},
        cases=[
            operations.Case(request={"distance": 200.01}, escalates=True),
            operations.Case(answer={"van_id": "city", "confidence": 0.9}),
            operations.Case(request={"distance": 199.99}, answer={"van_id": "city", "confidence": 0.9}),
            operations.Case(request={"distance": 200}, answer={"van_id": "city", "confidence": 0.9}),
            operations.Case(request={"distance": 0}, answer={"van_id": "city", "confidence": 0.9}),
            operations.Case(request={"distance": 299.99}, escalates=True),
            operations.Case(request={"distance": 300}, escalates=True),
            operations.Case(request={"distance": 300.01}, escalates=True),
            operations.Case(request={"distance": 500}, escalates=True),
            operations.Case(request={"request_id": "x", "distance": 200.01}, escalates=True),
            operations.Case(request={"request_id": "x" * 40, "distance": 200.01}, escalates=True),
            operations.Case(request={"region": "south", "distance": 200.01}, escalates=True),
        ],
        refused={
            "request_id": [ABSENT, {"neither": "nor"}, "", "x" * 41],
            "region": [ABSENT, {"neither": "nor"}, "none of these"],
            "distance": [ABSENT, {"neither": "nor"}, -0.01, 500.01],
            "undeclared_field": [1],
        },
        paths=["/dispatch/assign"],
        packet_types=["assign"],
        publishes="van_assigned",
    )
    await operations.bound(l9_checks, l9_agent, declared)
