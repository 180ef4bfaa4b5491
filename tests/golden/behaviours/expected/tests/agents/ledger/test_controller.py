"""How Ledger is composed in controller.py, and what it serves."""

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
from l9stack.agent.testing import ServedAgent, serving, told

from L9.agents.ledger.controller import AGENT

CLOSE_REQUEST: dict[str, Any] = {"note": "any object"}
CLOSE_DECIDED: dict[str, Any] = {"answer": "given by an anchor"}


OPERATIONS: dict[str, dict[str, Any]] = {
    "close": {
        "summary": "Close, at POST /ledger/close.",
        "criticality": 0.5,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "",
        "bound": False,
    },
    "enter": {
        "summary": "Enter an amount.",
        "criticality": 0.5,
        "timeout_seconds": 10.0,
        "reusable": False,
        "publish": "entered",
        "bound": True,
    },
}
ROUTES: list[tuple[str, str, str]] = [("POST", "/ledger/enter", "enter"), ("POST", "/ledger/close", "close")]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "ledger.json", l9_code, l9_backends) as served:
        yield served


async def test_the_agent_is_the_one_of_the_schema(agent: ServedAgent) -> None:
    """Identity as the schema gives it."""
    found = agent.definition
    assert (found.id, found.collection, found.name) == ("ledger", "behaviours", "Ledger")
    assert (found.version, found.role) == ("1.0.0", "Keeps the books.")


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
    manifest = json.loads((l9_manifests / "ledger.json").read_text())
    assert compose(manifest) == agent.definition


async def test_the_limits_and_connections_are_those_of_the_plan(agent: ServedAgent) -> None:
    """Rate, size, endpoints, packet types, calls, observed and published events."""
    found = agent.definition
    assert (found.limits.rate, found.limits.max_payload_bytes) == ("600/minute", 1048576)
    assert [(route.method, route.path, route.operation.name) for route in found.routes] == ROUTES
    assert dict(found.packet_types) == {"enter": "enter"}
    assert [(call.to, call.kind, call.names) for call in found.calls] == []
    assert [(item.source, dict(item.events)) for item in found.observes] == []
    assert found.publishes == ("entered",)


async def test_health_names_the_agent(agent: ServedAgent) -> None:
    """Open to everybody: the agent lives."""
    for path in ["/health"]:
        reply = await agent.get(path)
        assert (reply.status_code, reply.json()["agent"]) == (200, "ledger")


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


async def test_close_waits_for_an_anchor(agent: ServedAgent) -> None:
    """Nobody has said what it does: the call is answered 202 with a decision that waits."""
    reply = await agent.call("close", CLOSE_REQUEST)
    assert (reply.status, reply.body["status"]) == (202, "PENDING")
    assert reply.body["anchors"] == ["Ada"]
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (waiting["operation"], waiting["arguments"]) == ("close", CLOSE_REQUEST)


@pytest.mark.parametrize(("key", "value"), [("operation", "close")])
async def test_close_waits_when_a_packet_asks_for_it(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is no other way to an answer."""
    reply = await agent.packet({key: value, "arguments": CLOSE_REQUEST})
    assert (reply.status, reply.body["status"]) == (202, "PENDING")


async def test_close_is_answered_by_an_anchor_and_then_recorded(agent: ServedAgent) -> None:
    """The anchor's payload becomes the answer, checked against the response, and is kept in every layer."""
    reply = await agent.call("close", CLOSE_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", CLOSE_DECIDED)
    assert (decided.status, decided.body["status"]) == (200, "APPROVED")
    assert decided.body["result"] == CLOSE_DECIDED
    assert await agent.memory.find(reply.trace_id) == {}


async def test_close_can_be_blocked(agent: ServedAgent) -> None:
    """An anchor may block it: no answer, no record."""
    reply = await agent.call("close", CLOSE_REQUEST)
    decided = await agent.decide(reply.decision_id, "block")
    assert (decided.body["status"], decided.body["result"]) == ("BLOCKED", None)
    assert not any((await agent.memory.find(reply.trace_id)).values())


async def test_close_keeps_the_trace_of_its_caller(agent: ServedAgent) -> None:
    """The decision is found under the caller's trace id."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("close", CLOSE_REQUEST, trace_id)
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (reply.trace_id, waiting["trace_id"]) == (trace_id, trace_id)


async def test_close_is_told_to_each_anchor(agent: ServedAgent) -> None:
    """Every anchor of the policy has the decision in its stream."""
    reply = await agent.call("close", CLOSE_REQUEST)
    for anchor in ["Ada"]:
        heard = await told(agent.memory, anchor, reply.trace_id)
        assert [entry["decision_id"] for entry in heard] == [reply.decision_id]


async def test_close_needs_the_anchors_answer_itself(agent: ServedAgent) -> None:
    """A mere yes answers nothing."""
    reply = await agent.call("close", CLOSE_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve")
    assert (decided.status, decided.body["code"]) == (400, "answer-needed")


async def test_close_is_not_decided_by_anybody_else(agent: ServedAgent) -> None:
    """Who is no anchor of this agent decides nothing."""
    reply = await agent.call("close", CLOSE_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", CLOSE_DECIDED, anchor="Somebody Else")
    assert (decided.status, decided.body["code"]) == (403, "not-an-anchor")


@pytest.mark.parametrize("operation", ["close"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
