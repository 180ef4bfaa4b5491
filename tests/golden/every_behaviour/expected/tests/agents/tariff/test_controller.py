"""How Tariff is composed in controller.py, and what it serves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.definition import compose
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.tariff.controller import AGENT

OPERATIONS: dict[str, dict[str, Any]] = {
    "toll": {
        "summary": "Work out the toll of a distance.",
        "criticality": 0.5,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "",
        "bound": True,
    },
    "on_passed": {
        "summary": "Count what was taken, by our own rules.",
        "criticality": 0.5,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "",
        "bound": True,
    },
    "exempt": {
        "summary": "Exempt a vehicle from the toll, as a person decides.",
        "criticality": 0.5,
        "timeout_seconds": 10.0,
        "reusable": True,
        "publish": "",
        "bound": False,
    },
}
ROUTES: list[tuple[str, str, str]] = [("POST", "/tariff/toll", "toll")]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "tariff.json", l9_code, l9_backends) as served:
        yield served


async def test_the_agent_is_the_one_of_the_schema(agent: ServedAgent) -> None:
    """Identity as the schema gives it."""
    found = agent.definition
    assert (found.id, found.collection, found.name) == ("tariff", "every_behaviour", "Tariff")
    assert (found.version, found.role) == ("1.0.0", "Knows what each class pays, and grants what people decide.")


async def test_the_operations_are_those_of_the_plan(agent: ServedAgent) -> None:
    """Name, summary, criticality, time limit, reuse, event and whether somebody bound it."""
    found = agent.definition.operations
    assert [operation.name for operation in found] == list(OPERATIONS)
    for operation in found:
        facts = OPERATIONS[operation.name]
        assert {name: getattr(operation, name) for name in facts} == facts, operation.name


async def test_the_controller_holds_what_the_agent_runs(agent: ServedAgent) -> None:
    """The served agent is the one that the module declares."""
    assert agent.definition == AGENT


async def test_the_controller_composes_what_the_manifest_says(agent: ServedAgent, l9_manifests: Path) -> None:
    """Code and manifest describe one agent."""
    manifest = json.loads((l9_manifests / "tariff.json").read_text())
    assert compose(manifest) == agent.definition


async def test_the_limits_and_connections_are_those_of_the_plan(agent: ServedAgent) -> None:
    """Rate, size, endpoints, packet types, calls, observed and published events."""
    found = agent.definition
    assert (found.limits.rate, found.limits.max_payload_bytes) == ("600/minute", 1048576)
    assert [(route.method, route.path, route.operation.name) for route in found.routes] == ROUTES
    assert dict(found.packet_types) == {}
    assert [(call.to, call.kind, call.names) for call in found.calls] == []
    assert [(item.source, dict(item.events)) for item in found.observes] == [("toll_gate", {"passed": "on_passed"})]
    assert found.publishes == ()


async def test_health_names_the_agent(agent: ServedAgent) -> None:
    """Open to everybody: the agent lives."""
    for path in ["/health"]:
        reply = await agent.get(path)
        assert (reply.status_code, reply.json()["agent"]) == (200, "tariff")


async def test_it_is_ready_with_its_backends(agent: ServedAgent) -> None:
    """Each backend that it uses answers."""
    reply = await agent.get("/ready")
    assert reply.status_code == 200
    assert set(reply.json()["backends"].values()) == {"ok"}


async def test_the_description_and_the_metrics_are_open(agent: ServedAgent) -> None:
    """OpenAPI, the agent card, the status and the metrics need no token."""
    for path in ("/openapi.json", "/.well-known/agent-card.json", "/status", "/metrics"):
        assert (await agent.get(path)).status_code == 200


async def test_an_operation_that_it_does_not_have_is_refused(agent: ServedAgent) -> None:
    """By name and by packet."""
    for reply in (await agent.call("no_such_operation", {}), await agent.packet({"operation": "no_such_operation"})):
        assert (reply.status, reply.body["code"]) == (404, "unknown-operation")


async def test_a_packet_to_another_agent_is_refused(agent: ServedAgent) -> None:
    """It answers for itself only."""
    reply = await agent.packet({"operation": "any"}, destination_agent="somebody_else")
    assert (reply.status, reply.body["code"]) == (404, "unknown-agent")


@pytest.mark.parametrize("name", ["packet_id", "timestamp", "metadata"])
async def test_a_packet_without_a_required_field_is_refused(agent: ServedAgent, name: str) -> None:
    """Each field of the protocol is needed."""
    absent: dict[str, Any] = {name: None}
    reply = await agent.packet({"operation": "any"}, **absent)
    assert (reply.status, reply.body["code"]) == (400, "invalid-packet")


async def test_a_packet_of_a_sender_that_nobody_knows_is_refused(agent: ServedAgent) -> None:
    """Only registered agents send packets."""
    reply = await agent.packet({"operation": "any"}, source_agent="somebody_else")
    assert (reply.status, reply.body["code"]) == (404, "unknown-agent")


async def test_decisions_and_packets_are_guarded(agent: ServedAgent) -> None:
    """No token, or none that is good: nothing is told, nothing is taken."""
    assert (await agent.get("/decisions")).status_code == 401
    assert (await agent.post("/packets", {}, headers={"authorization": "Bearer none"})).status_code == 401
