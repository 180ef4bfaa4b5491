"""How Echo is composed in controller.py, and what it serves."""

from __future__ import annotations

from pathlib import Path

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    composition,
    operations,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.echo.controller as module

AGENT = "echo"
pytestmark = pytest.mark.asyncio(loop_scope="session")
IDENTITY = composition.Identity(
    "echo",
    "input",
    "Echo",
    "",
    "Answers with what it is told.",
)
CONNECTIONS = composition.Connections(
    routes=[("POST", "/echo/say", "say")],
)
OPERATIONS = {
    "say": composition.PlannedOperation(
        "Say it again.",
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


async def test_say(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Say it again."""
    declared = operations.DeclaredOperation(
        "say",
        request={"text": "hello"},
        answer={"text": "hello"},
        cases=[
            operations.Case(),
            operations.Case(request={"text": "x"}, answer={"text": "x"}),
            operations.Case(request={"text": "x" * 40}, answer={"text": "x" * 40}),
        ],
        refused={"text": [ABSENT, {"neither": "nor"}, "", "x" * 41], "undeclared_field": [1]},
        paths=["/echo/say"],
    )
    await operations.bound(l9_checks, l9_agent, declared)
