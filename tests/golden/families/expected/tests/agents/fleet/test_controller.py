"""How Fleet is composed in controller.py, and what it serves."""

from __future__ import annotations

from pathlib import Path

import pytest
from l9stack.agent.conformance import (
    Checks,
    composition,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.fleet.controller as module

AGENT = "fleet"
pytestmark = pytest.mark.asyncio(loop_scope="session")
IDENTITY = composition.Identity(
    "fleet",
    "families",
    "Fleet",
    "1.0.0",
    "Knows where vans are, and what they can still take.",
)
CONNECTIONS = composition.Connections(
    routes=[("POST", "/fleet/nearest_van", "nearest_van")],
    packet_types={"reserve_van": "reserve_van"},
    calls=[("dispatch", "packet_send", ("assign",))],
    observes=[("dispatch", {"van_assigned": "on_van_assigned"})],
)
OPERATIONS = {
    "nearest_van": composition.Planned(
        "Find the van that is nearest to a region.",
        0.5,
    ),
    "reserve_van": composition.Planned(
        "Reserve a van for a request.",
        0.5,
    ),
    "on_van_assigned": composition.Planned(
        "Note that a van has been assigned.",
        0.5,
    ),
    "logger": composition.Planned(
        "Logger: the schema lists logger.py and says no more of it.",
        0.5,
        bound=False,
    ),
}


async def test_the_agent(l9_agent: ServedAgent, l9_checks: Checks, l9_manifests: Path) -> None:
    """Identity, operations and connections are those of schema, plan and manifest."""
    await composition.composed(l9_checks, l9_agent, IDENTITY, CONNECTIONS)
    await composition.operations(l9_checks, l9_agent, OPERATIONS)
    await composition.manifested(l9_checks, l9_agent, l9_manifests)
    with l9_checks.positive("the served agent is the one that the module declares"):
        assert l9_agent.definition == module.AGENT
    with l9_checks.positive("its limits are those of the plan"):
        limits = l9_agent.definition.limits
        assert (limits.rate, limits.max_payload_bytes) == ("600/minute", 1048576)


async def test_what_it_serves(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Pages are open, calls are guarded, and packets are held to the protocol."""
    await composition.pages(l9_checks, l9_agent, [])
    await composition.packets(l9_checks, l9_agent, ["packet_id", "timestamp", "metadata"])
