"""How Maths is composed in controller.py, and what it serves."""

from __future__ import annotations

from pathlib import Path

import pytest
from l9stack.agent.conformance import (
    Checks,
    composition,
)
from l9stack.agent.testing import ServedAgent

import L9.maths.controller as module

AGENT = "maths"
pytestmark = pytest.mark.asyncio(loop_scope="session")
IDENTITY = composition.Identity(
    "maths",
    "mapped",
    "Maths",
    "",
    "Evaluates.",
)
CONNECTIONS = composition.Connections(
    routes=[("POST", "/evaluate", "evaluate"), ("POST", "/maths/simplify", "simplify")],
)
OPERATIONS = {
    "evaluate": composition.Planned(
        "Evaluate an expression.",
        0.5,
        bound=False,
    ),
    "simplify": composition.Planned(
        "Simplify, at POST /maths/simplify.",
        0.5,
        bound=False,
    ),
    "plot": composition.Planned(
        "Plot, after evaluator.plot of the glue.",
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
    await composition.pages(l9_checks, l9_agent, ["/maths/health"])
    await composition.packets(l9_checks, l9_agent, ["packet_id", "timestamp", "metadata"])
