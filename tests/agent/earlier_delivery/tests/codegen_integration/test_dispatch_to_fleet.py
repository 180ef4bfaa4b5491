"""Dispatch to Fleet: api_call nearest_van; event_observe van_assigned; packet_send reserve_van; soft.

Both run for real, in one namespace.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent import events
from l9stack.agent.backends import BackendUrls
from l9stack.agent.faults import failing_store, unreachable
from l9stack.agent.testing import Reply, ServedAgent, StandIn, serving_together
from l9stack.agent.traces import audited, escalated, set_aside
from structlog.testing import capture_logs

SOURCE, TARGET = "dispatch", "fleet"
SERVED = ["dispatch", "fleet"]
SOURCE_LAYERS: list[str] = ["working", "episodic", "semantic", "causal"]
TARGET_LAYERS: list[str] = ["working"]
PACKETS: dict[str, dict[str, Any]] = {
    "nearest_van": {"operation": "nearest_van", "arguments": {"region": "north"}},
    "reserve_van": {"packet_type": "reserve_van", "arguments": {"van_id": "V-7"}},
}
PACKET_ANSWERS: dict[str, dict[str, Any]] = {
    "nearest_van": {"van_id": "V-north", "free_capacity": 12},
    "reserve_van": {"reserved": True},
}
PUBLISHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "van_assigned": ("assign", {"request_id": "R-1", "region": "north", "distance": 12})
}
EVENT_ANSWERS: dict[str, dict[str, Any]] = {"van_assigned": {}}
EVENT_FIELDS: dict[str, set[str]] = {"van_assigned": {"confidence", "van_id"}}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agents(
    l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path
) -> AsyncIterator[Mapping[str, ServedAgent]]:
    """Both agents."""
    async with serving_together(SERVED, l9_manifests, l9_code, l9_backends) as served:
        yield served


@pytest.fixture
def source(agents: Mapping[str, ServedAgent]) -> ServedAgent:
    """Dispatch."""
    return agents[SOURCE]


@pytest.fixture
def target(agents: Mapping[str, ServedAgent]) -> ServedAgent:
    """Fleet."""
    return agents[TARGET]


async def _exchange(source: ServedAgent, name: str, trace_id: str | None = None) -> Reply:
    """Let the source's own client send a packet to the target: no operation of the source does."""
    return await source.relay(TARGET, PACKETS[name], trace_id)


async def _pending(source: ServedAgent, reply: Reply) -> bool:
    """Whether the answer names a decision of the source that waits for an anchor."""
    found = (await source.get(f"/decisions/{reply.decision_id}", "operator")).json()
    return (found["status"], found["trace_id"]) == ("PENDING", reply.trace_id)


async def test_both_agents_are_ready(source: ServedAgent, target: ServedAgent) -> None:
    """Each has every backend that it needs."""
    for agent in (source, target):
        assert (await agent.get("/ready")).status_code == 200


@pytest.mark.parametrize("name", PACKET_ANSWERS)
async def test_the_source_gets_what_the_target_decides(source: ServedAgent, target: ServedAgent, name: str) -> None:
    """The target's answer arrives as it was given, and is the one that is due."""
    reply = await _exchange(source, name)
    assert (reply.status, reply.body) == (200, target.said())
    assert {field: reply.body[field] for field in PACKET_ANSWERS[name]} == PACKET_ANSWERS[name]


@pytest.mark.parametrize("name", ["nearest_van", "reserve_van"])
async def test_both_agents_keep_the_exchange_under_one_trace(
    source: ServedAgent, target: ServedAgent, name: str
) -> None:
    """One entry in both audit logs, and one decision in every layer that each declares."""
    trace_id = str(uuid.uuid4())
    reply = await _exchange(source, name, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert "x-l9-degraded" not in reply.headers
    for agent, layers in ((source, SOURCE_LAYERS), (target, TARGET_LAYERS)):
        assert await audited(agent.memory, trace_id) == ["decided"]
        assert await agent.memory.find(trace_id) == dict.fromkeys(layers, 1)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({"operation": "nearest_van", "arguments": {}}, id="nearest_van: region missing"),
        pytest.param(
            {"operation": "nearest_van", "arguments": {"region": "none of these"}},
            id="nearest_van: region none of its choices",
        ),
        pytest.param(
            {"operation": "nearest_van", "arguments": {"region": "north", "undeclared_field": 1}},
            id="nearest_van: undeclared field",
        ),
        pytest.param({"packet_type": "reserve_van", "arguments": {}}, id="reserve_van: van_id missing"),
        pytest.param(
            {"packet_type": "reserve_van", "arguments": {"van_id": "x" * 41}}, id="reserve_van: van_id too long"
        ),
        pytest.param(
            {"packet_type": "reserve_van", "arguments": {"van_id": "V-7", "undeclared_field": 1}},
            id="reserve_van: undeclared field",
        ),
    ],
)
async def test_the_target_refuses_what_does_not_fit(
    source: ServedAgent, target: ServedAgent, payload: dict[str, Any]
) -> None:
    """The target checks the packet and keeps nothing of it; the source escalates the refusal."""
    reply = await source.relay(TARGET, payload)
    assert (target.last.status_code, target.last.json()["code"]) == (400, "invalid-request")
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert await audited(source.memory, reply.trace_id) == ["failed"]
    assert not any((await target.memory.find(reply.trace_id)).values())


@pytest.mark.parametrize("name", ["nearest_van", "reserve_van"])
async def test_a_target_that_is_too_late_is_escalated(source: ServedAgent, target: ServedAgent, name: str) -> None:
    """No answer in time: 504, a decision that waits, and no record as if something had been decided."""
    with source.hearing(TARGET, StandIn.down()):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (504, "peer-failed")
    assert await _pending(source, reply)
    assert await audited(source.memory, reply.trace_id) == ["failed"]
    assert not any((await source.memory.find(reply.trace_id)).values())


@pytest.mark.parametrize("name", ["nearest_van", "reserve_van"])
async def test_a_target_that_is_down_is_escalated(source: ServedAgent, name: str) -> None:
    """The source's HTTP client finds nobody at the target's address: 502, and a decision that waits."""
    async with unreachable(source, TARGET):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert "unreachable" in reply.body["detail"]
    assert await _pending(source, reply)


@pytest.mark.parametrize("name", ["nearest_van", "reserve_van"])
async def test_an_answer_that_is_no_packet_is_rejected(source: ServedAgent, name: str) -> None:
    """What is malformed is never used: 502, and a decision that waits."""
    with source.hearing(TARGET, StandIn.malformed()):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert "malformed" in reply.body["detail"]
    assert await _pending(source, reply)
    assert not any((await source.memory.find(reply.trace_id)).values())


@pytest.mark.parametrize(
    ("name", "layer", "degraded"),
    [
        ("nearest_van", "working", "working"),
        ("nearest_van", "episodic", "episodic, governance, audit"),
        ("nearest_van", "semantic", "semantic"),
        ("nearest_van", "causal", "causal"),
        ("reserve_van", "working", "working"),
        ("reserve_van", "episodic", "episodic, governance, audit"),
        ("reserve_van", "semantic", "semantic"),
        ("reserve_van", "causal", "causal"),
    ],
)
async def test_a_store_of_the_source_that_fails_is_logged_and_escalated(
    source: ServedAgent, name: str, layer: str, degraded: str
) -> None:
    """The answer is given all the same, and says which layer lacks it."""
    with capture_logs() as logged:
        async with failing_store(source, layer):
            reply = await _exchange(source, name)
    assert (reply.status, reply.headers["x-l9-degraded"]) == (200, degraded)
    assert reply.headers["x-l9-governance"] == "ESCALATED"
    assert ("memory write failed", layer) in [(entry["event"], entry.get("layer")) for entry in logged]
    assert (await source.memory.find(reply.trace_id))[layer] == 0
    if layer != "episodic":  # the anchors' decisions are kept beside it
        assert f"memory: {layer}" in (await escalated(source.memory, reply.trace_id))[-1][1]


async def _publish(source: ServedAgent, event: str, trace_id: str) -> dict[str, Any]:
    """Call the source's operation that publishes the event; its payload."""
    operation, arguments = PUBLISHERS[event]
    reply = await source.call(operation, arguments, trace_id)
    assert reply.status == 200
    return reply.body


@pytest.mark.parametrize("event", ["van_assigned"])
async def test_an_event_is_kept_until_it_is_observed_and_handled_under_one_trace(
    source: ServedAgent, target: ServedAgent, event: str
) -> None:
    """It is published while the observer is away; the observer's own consumer finds it later and decides."""
    trace_id = str(uuid.uuid4())
    await _publish(source, event, trace_id)
    assert await audited(target.memory, trace_id) == []
    await target.observe()
    assert await audited(target.memory, trace_id) == ["decided"]
    assert await target.memory.find(trace_id) == dict.fromkeys(TARGET_LAYERS, 1)
    assert await audited(source.memory, trace_id) == ["decided"]
    assert await source.memory.find(trace_id) == dict.fromkeys(SOURCE_LAYERS, 1)


@pytest.mark.parametrize("event", ["van_assigned"])
async def test_an_event_that_is_delivered_again_is_handled_once(
    source: ServedAgent, target: ServedAgent, event: str
) -> None:
    """The server delivers each event at least once; the observer decides on each but once."""
    trace_id = str(uuid.uuid4())
    await _publish(source, event, trace_id)
    await target.observe()
    await target.redeliver(SOURCE)
    await target.observe()
    assert await audited(target.memory, trace_id) == ["decided"]
    assert await target.memory.find(trace_id) == dict.fromkeys(TARGET_LAYERS, 1)


@pytest.mark.parametrize(("event", "missing"), [("van_assigned", "confidence")])
async def test_an_event_that_does_not_fit_is_audited_and_done_with(
    source: ServedAgent, target: ServedAgent, event: str, missing: str
) -> None:
    """Without a field that it needs the observer refuses it, keeps nothing, and does not get it again."""
    trace_id = str(uuid.uuid4())
    await events.publish(source.memory, SOURCE, event, {}, trace_id)
    with capture_logs() as logged:
        await target.observe()
        await target.redeliver(SOURCE)
        await target.observe()
    assert await audited(target.memory, trace_id) == ["event refused"], missing
    assert not any((await target.memory.find(trace_id)).values())
    assert "memory write failed" not in [entry["event"] for entry in logged]


async def test_an_entry_that_is_no_event_is_set_aside_and_the_next_one_is_handled(
    source: ServedAgent, target: ServedAgent
) -> None:
    """It becomes a dead letter, is logged, and does not keep the consumer from what comes behind it."""
    stream, event, trace_id = events.stream(source.memory.namespace, SOURCE), "van_assigned", str(uuid.uuid4())
    await source.memory.redis.xadd(stream, {"event": event, "payload": "{", "trace_id": trace_id})
    await _publish(source, event, trace_id)
    with capture_logs() as logged:
        await target.observe()
    assert "event set aside" in [entry["event"] for entry in logged]
    assert [letter["payload"] for letter in await set_aside(target.memory, SOURCE, trace_id)] == ["{"]
    assert await audited(target.memory, trace_id) == ["decided"]


@pytest.mark.parametrize("event", PUBLISHERS)
async def test_an_event_that_cannot_be_published_is_said_so(source: ServedAgent, event: str) -> None:
    """With Redis away the source still answers, and names the event that its observers will not see."""
    operation, arguments = PUBLISHERS[event]
    with capture_logs() as logged:
        async with failing_store(source, "working"):
            reply = await source.call(operation, arguments)
    assert reply.status == 200
    assert f"event {event}" in reply.headers["x-l9-degraded"].split(", ")
    assert ("event not published", event) in [(entry["event"], entry.get("kind")) for entry in logged]
