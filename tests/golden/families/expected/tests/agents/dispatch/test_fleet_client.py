"""Tests of fleet_client.py: Dispatch: what it asks of fleet."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    peers,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.fleet_client as module

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_nearest_van(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """It asks for what fleet declares, and takes what fits."""
    asked = peers.Asked(
        "fleet",
        "nearest_van",
        arguments={"region": "north"},
        said={"van_id": "V-7", "free_capacity": 12},
        model=module.NearestVanRequest,
        requests=[{"region": "south"}],
        requests_refused={"region": [ABSENT, {"neither": "nor"}, "none of these"], "undeclared_field": [1]},
        declared=True,
        answers=[{"van_id": "x" * 40}, {"free_capacity": 0}, {"free_capacity": 40}],
        answers_refused={
            "van_id": [ABSENT, {"neither": "nor"}, "x" * 41],
            "free_capacity": [ABSENT, {"neither": "nor"}, -1, 41, 1.5],
        },
    )
    await peers.client(l9_checks, l9_agent, module.nearest_van, asked)


async def test_reserve_van(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """It asks for what fleet declares, and takes what fits."""
    asked = peers.Asked(
        "fleet",
        "reserve_van",
        arguments={"van_id": "V-7"},
        said={"reserved": True},
        verb="packet_type",
        model=module.ReserveVanRequest,
        requests=[{"van_id": "x" * 40}],
        requests_refused={"van_id": [ABSENT, {"neither": "nor"}, "x" * 41], "undeclared_field": [1]},
        declared=True,
        answers=[{"reserved": False}],
        answers_refused={"reserved": [ABSENT, {"neither": "nor"}]},
    )
    await peers.client(l9_checks, l9_agent, module.reserve_van, asked)
