"""How Desk is composed in controller.py, and what it serves."""

from __future__ import annotations

from pathlib import Path

import pytest
from fees.rules import fee_of as weigh_function
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    composition,
    operations,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.desk.controller as module

AGENT = "desk"
pytestmark = pytest.mark.asyncio(loop_scope="session")
IDENTITY = composition.Identity(
    "desk",
    "implementation_in_any_module",
    "Desk",
    "",
    "Weighs and refunds requests.",
)
CONNECTIONS = composition.Connections(
    routes=[("POST", "/desk/refund", "refund"), ("POST", "/desk/weigh", "weigh")],
)
OPERATIONS = {
    "weigh": composition.PlannedOperation(
        "Weigh, at POST /desk/weigh.",
        0.5,
    ),
    "refund": composition.PlannedOperation(
        "Refund, at POST /desk/refund.",
        0.5,
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


async def test_weigh(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Weigh, at POST /desk/weigh."""
    declared = operations.DeclaredOperation(
        "weigh",
        request={"amount": 12},
        refused={"amount": [ABSENT, {"neither": "nor"}, -0.01, 900.01], "undeclared_field": [1]},
        paths=["/desk/weigh"],
    )
    await operations.bound(l9_checks, l9_agent, declared)
    await operations.implemented(l9_checks, l9_agent, declared, weigh_function, ["fee"])
