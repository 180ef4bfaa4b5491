"""How TollGate is composed in controller.py, and what it serves."""

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

import L9.agents.toll_gate.controller as module

AGENT = "toll_gate"
pytestmark = pytest.mark.asyncio(loop_scope="session")
IDENTITY = composition.Identity(
    "toll_gate",
    "every_behaviour",
    "TollGate",
    "1.0.0",
    "Classes vehicles, works out what they pay, and lets them pass.",
)
CONNECTIONS = composition.Connections(
    routes=[("POST", "/gate/class_vehicle", "class_vehicle"), ("POST", "/gate/pass_through", "pass_through")],
    calls=[("tariff", "api_call", ("toll",))],
    publishes=("passed",),
)
OPERATIONS = {
    "say_back": composition.Planned(
        "Answer with what was said.",
        0.1,
    ),
    "class_vehicle": composition.Planned(
        "Class a vehicle by what is seen of it.",
        0.7,
    ),
    "pass_through": composition.Planned(
        "Ask for the toll, and let the vehicle pass.",
        0.6,
        publish="passed",
    ),
    "weigh_passage": composition.Planned(
        "Weigh a passage against the rules of the road.",
        0.8,
    ),
    "note_incident": composition.Planned(
        "Keep what happened on the road.",
        0.2,
    ),
    "keep_plate": composition.Planned(
        "Keep a plate, with no more of an answer than where it is kept.",
        0.5,
    ),
    "passages_of": composition.Planned(
        "Find earlier calls about a plate.",
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


async def test_say_back(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Answer with what was said."""
    declared = operations.Declared(
        "say_back",
        request={"words": "hello", "times": 1},
        answer={"words": "hello", "times": 1},
        cases=[
            operations.Case(),
            operations.Case(request={"words": "x" * 60}, answer={"words": "x" * 60}),
            operations.Case(request={"times": 3}, answer={"times": 3}),
        ],
        refused={
            "words": [ABSENT, {"neither": "nor"}, "x" * 61],
            "times": [{"neither": "nor"}, 0, 4, 1.5],
            "undeclared_field": [1],
        },
    )
    await operations.bound(l9_checks, l9_agent, declared)
