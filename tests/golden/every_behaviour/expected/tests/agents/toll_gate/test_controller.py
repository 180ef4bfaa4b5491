"""How TollGate is composed in controller.py, and what it serves."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.definition import compose
from l9stack.agent.testing import ServedAgent, StandIn, serving, without

from L9.agents.toll_gate.controller import AGENT

SAY_BACK_REQUEST: dict[str, Any] = {"words": "hello", "times": 1}


OPERATIONS: dict[str, dict[str, Any]] = {
    "say_back": {
        "summary": "Answer with what was said.",
        "criticality": 0.1,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "",
        "bound": True,
    },
    "class_vehicle": {
        "summary": "Class a vehicle by what is seen of it.",
        "criticality": 0.7,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "",
        "bound": True,
    },
    "pass_through": {
        "summary": "Ask for the toll, and let the vehicle pass.",
        "criticality": 0.6,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "passed",
        "bound": True,
    },
    "weigh_passage": {
        "summary": "Weigh a passage against the rules of the road.",
        "criticality": 0.8,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "",
        "bound": True,
    },
    "note_incident": {
        "summary": "Keep what happened on the road.",
        "criticality": 0.2,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "",
        "bound": True,
    },
    "keep_plate": {
        "summary": "Keep a plate, with no more of an answer than where it is kept.",
        "criticality": 0.5,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "",
        "bound": True,
    },
    "passages_of": {
        "summary": "Find earlier calls about a plate.",
        "criticality": 0.5,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "",
        "bound": True,
    },
}
ROUTES: list[tuple[str, str, str]] = [
    ("POST", "/gate/class_vehicle", "class_vehicle"),
    ("POST", "/gate/pass_through", "pass_through"),
]
pytestmark = pytest.mark.asyncio(loop_scope="module")

PEERS = {"tariff": StandIn()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends; others are stood in for."""
    async with serving(l9_manifests / "toll_gate.json", l9_code, l9_backends, PEERS) as served:
        yield served


async def test_the_agent_is_the_one_of_the_schema(agent: ServedAgent) -> None:
    """Identity as the schema gives it."""
    found = agent.definition
    assert (found.id, found.collection, found.name) == ("toll_gate", "every_behaviour", "TollGate")
    assert (found.version, found.role) == ("1.0.0", "Classes vehicles, works out what they pay, and lets them pass.")


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
    manifest = json.loads((l9_manifests / "toll_gate.json").read_text())
    assert compose(manifest) == agent.definition


async def test_the_limits_and_connections_are_those_of_the_plan(agent: ServedAgent) -> None:
    """Rate, size, endpoints, packet types, calls, observed and published events."""
    found = agent.definition
    assert (found.limits.rate, found.limits.max_payload_bytes) == ("600/minute", 1048576)
    assert [(route.method, route.path, route.operation.name) for route in found.routes] == ROUTES
    assert dict(found.packet_types) == {}
    assert [(call.to, call.kind, call.names) for call in found.calls] == [("tariff", "api_call", ("toll",))]
    assert [(item.source, dict(item.events)) for item in found.observes] == []
    assert found.publishes == ("passed",)


async def test_health_names_the_agent(agent: ServedAgent) -> None:
    """Open to everybody: the agent lives."""
    for path in ["/health"]:
        reply = await agent.get(path)
        assert (reply.status_code, reply.json()["agent"]) == (200, "toll_gate")


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


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(SAY_BACK_REQUEST, {"words": "hello", "times": 1}, "APPROVED", id="the sample"),
        pytest.param(
            {**SAY_BACK_REQUEST, "words": "x" * 60},
            {"words": "x" * 60, "times": 1},
            "APPROVED",
            id="words of 60 characters",
        ),
        pytest.param({**SAY_BACK_REQUEST, "times": 3}, {"words": "hello", "times": 3}, "APPROVED", id="times 3"),
    ],
)
async def test_say_back_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("say_back", arguments)
    assert reply.status == 200
    assert reply.body == expected
    assert reply.headers["x-l9-governance"] == governance


async def test_say_back_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("say_back", SAY_BACK_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "say_back")])
async def test_say_back_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": SAY_BACK_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": SAY_BACK_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(SAY_BACK_REQUEST, "words"), "words", id="words missing"),
        pytest.param({**SAY_BACK_REQUEST, "words": {"neither": "nor"}}, "words", id="words of another type"),
        pytest.param({**SAY_BACK_REQUEST, "words": "x" * 61}, "words", id="words too long"),
        pytest.param({**SAY_BACK_REQUEST, "times": {"neither": "nor"}}, "times", id="times of another type"),
        pytest.param({**SAY_BACK_REQUEST, "times": 0}, "times", id="times below its minimum"),
        pytest.param({**SAY_BACK_REQUEST, "times": 4}, "times", id="times above its maximum"),
        pytest.param({**SAY_BACK_REQUEST, "times": 1.5}, "times", id="times with a fraction"),
        pytest.param({**SAY_BACK_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_say_back_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("say_back", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["say_back"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
