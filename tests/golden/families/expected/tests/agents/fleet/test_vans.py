"""What Fleet does in vans.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    operations,
)
from l9stack.agent.testing import ServedAgent

AGENT = "fleet"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_nearest_van(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Find the van that is nearest to a region."""
    declared = operations.Declared(
        "nearest_van",
        request={"region": "north"},
        answer={"van_id": "V-north", "free_capacity": 12},
        cases=[
            operations.Case(),
            operations.Case(request={"region": "south"}, answer={"van_id": "V-south"}),
        ],
        refused={"region": [ABSENT, {"neither": "nor"}, "none of these"], "undeclared_field": [1]},
        paths=["/fleet/nearest_van"],
    )
    await operations.bound(l9_checks, l9_agent, declared)


async def test_reserve_van(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Reserve a van for a request."""
    declared = operations.Declared(
        "reserve_van",
        request={"van_id": "V-7"},
        answer={"reserved": True},
        cases=[
            operations.Case(),
            operations.Case(request={"van_id": "x" * 40}),
        ],
        refused={"van_id": [ABSENT, {"neither": "nor"}, "x" * 41], "undeclared_field": [1]},
        packet_types=["reserve_van"],
    )
    await operations.bound(l9_checks, l9_agent, declared)


async def test_on_van_assigned(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Note that a van has been assigned."""
    declared = operations.Declared(
        "on_van_assigned",
        request={"van_id": "V-7", "confidence": 0.9},
        answer={},
        cases=[
            operations.Case(),
            operations.Case(request={"van_id": "x" * 40}),
            operations.Case(request={"confidence": 0}),
            operations.Case(request={"confidence": 1}),
        ],
        refused={
            "van_id": [ABSENT, {"neither": "nor"}, "x" * 41],
            "confidence": [ABSENT, {"neither": "nor"}, -0.01, 1.01],
            "undeclared_field": [1],
        },
        record_id=True,
    )
    await operations.bound(l9_checks, l9_agent, declared)
