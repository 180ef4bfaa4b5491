"""How Ledger is composed in controller.py, and what it serves."""

from __future__ import annotations

from pathlib import Path

import pytest
from l9stack.agent.conformance import (
    Checks,
    composition,
    unbound,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.ledger.controller as module

AGENT = "ledger"
pytestmark = pytest.mark.asyncio(loop_scope="session")
IDENTITY = composition.Identity(
    "ledger",
    "behaviours",
    "Ledger",
    "1.0.0",
    "Keeps the books.",
)
CONNECTIONS = composition.Connections(
    routes=[("POST", "/ledger/enter", "enter"), ("POST", "/ledger/close", "close")],
    packet_types={"enter": "enter"},
    publishes=("entered",),
)
OPERATIONS = {
    "close": composition.Planned(
        "Close, at POST /ledger/close.",
        0.5,
        bound=False,
    ),
    "enter": composition.Planned(
        "Enter an amount.",
        0.5,
        publish="entered",
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


async def test_close(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Nobody has bound it: it waits for an anchor, whose answer becomes its own."""
    declared = unbound.Unbound(
        "close",
        request={"note": "any object"},
        answer={"answer": "given by an anchor"},
        refused={},
        declared=False,
    )
    await unbound.waiting(l9_checks, l9_agent, declared, ["Ada"])
