"""TollGate to Tariff: api_call toll; event_observe passed. Both run for real, in one namespace."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import (
    Reply,
    ServedAgent,
    StandIn,
    audited,
    escalated,
    events,
    failing_store,
    recorded,
    serving_together,
    set_aside,
    unreachable,
)
from structlog.testing import capture_logs

SOURCE, TARGET = "toll_gate", "tariff"
SERVED = ["toll_gate", "tariff"]
SOURCE_LAYERS: list[str] = ["working", "episodic"]
TARGET_LAYERS: list[str] = ["episodic"]
CALLS: dict[str, dict[str, Any]] = {"pass_through": {"plate": "BA-77", "kind": "bike", "distance": 120}}
PAYLOADS: dict[str, dict[str, Any]] = {"passed": {"plate": "BA-77", "toll": 12, "dear": True}}
EVENT_FIELDS: dict[str, set[str]] = {"passed": {"dear", "plate", "toll"}}


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
    """TollGate."""
    return agents[SOURCE]


@pytest.fixture
def target(agents: Mapping[str, ServedAgent]) -> ServedAgent:
    """Tariff."""
    return agents[TARGET]


async def _exchange(source: ServedAgent, name: str, trace_id: str | None = None) -> Reply:
    """Call the source's operation that asks the target."""
    return await source.call(name, CALLS[name], trace_id)


async def _pending(source: ServedAgent, reply: Reply) -> bool:
    """Whether the answer names a decision of the source that waits for an anchor."""
    found = (await source.get(f"/decisions/{reply.decision_id}", "operator")).json()
    return (found["status"], found["trace_id"]) == ("PENDING", reply.trace_id)


async def test_both_agents_are_ready(source: ServedAgent, target: ServedAgent) -> None:
    """Each has every backend that it needs."""
    for agent in (source, target):
        assert (await agent.get("/ready")).status_code == 200


@pytest.mark.parametrize(
    ("operation", "arguments", "sent", "said", "expected", "governance"),
    [
        pytest.param(
            "pass_through",
            CALLS["pass_through"],
            {"kind": "bike", "distance": 120},
            {"toll": 6.0, "rebate": 1, "cheap": False},
            {"plate": "BA-77", "toll": 5.0, "dear": False},
            "APPROVED",
            id="pass_through: the sample",
        ),
        pytest.param(
            "pass_through",
            {**CALLS["pass_through"], "kind": "car"},
            {"kind": "car", "distance": 120},
            {"toll": 12.0, "rebate": 1, "cheap": False},
            {"plate": "BA-77", "toll": 11.0, "dear": False},
            "APPROVED",
            id="pass_through: kind car",
        ),
        pytest.param(
            "pass_through",
            {**CALLS["pass_through"], "kind": "lorry"},
            {"kind": "lorry", "distance": 120},
            {"toll": 48.0, "rebate": 1, "cheap": False},
            {"plate": "BA-77", "toll": 47.0, "dear": False},
            "APPROVED",
            id="pass_through: kind lorry",
        ),
        pytest.param(
            "pass_through",
            {**CALLS["pass_through"], "distance": 0},
            {"kind": "bike", "distance": 0},
            {"toll": 0.0, "rebate": 0, "cheap": True},
            {"plate": "BA-77", "toll": 0.0, "dear": False},
            "APPROVED",
            id="pass_through: distance 0",
        ),
        pytest.param(
            "pass_through",
            {**CALLS["pass_through"], "distance": 900},
            {"kind": "bike", "distance": 900},
            {"toll": 45.0, "rebate": 4, "cheap": False},
            {"plate": "BA-77", "toll": 41.0, "dear": False},
            "APPROVED",
            id="pass_through: distance 900",
        ),
    ],
)
async def test_the_answer_is_made_of_what_the_target_decides(
    source: ServedAgent,
    target: ServedAgent,
    operation: str,
    arguments: dict[str, Any],
    sent: dict[str, Any],
    said: dict[str, Any],
    expected: dict[str, Any],
    governance: str,
) -> None:
    """The target is sent exactly this and decides; the source answers with just what follows from that."""
    reply = await source.call(operation, arguments)
    assert (reply.status, reply.body) == (200, expected)
    assert {name: target.said()[name] for name in said} == said
    assert [decision["request"] for decision in await recorded(target.memory, reply.trace_id)] == [sent]
    assert reply.headers["x-l9-governance"] == governance


@pytest.mark.parametrize("name", ["pass_through"])
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
        pytest.param({"operation": "toll", "arguments": {"distance": 120}}, id="pass_through: kind missing"),
        pytest.param(
            {"operation": "toll", "arguments": {"kind": "bike", "distance": {"neither": "nor"}}},
            id="pass_through: distance of another type",
        ),
        pytest.param(
            {"operation": "toll", "arguments": {"kind": "bike", "distance": 120, "undeclared_field": 1}},
            id="pass_through: undeclared field",
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


@pytest.mark.parametrize("name", ["pass_through"])
async def test_a_target_that_is_too_late_is_escalated(source: ServedAgent, target: ServedAgent, name: str) -> None:
    """No answer in time: 504, a decision that waits, and no record as if something had been decided."""
    with source.hearing(TARGET, StandIn.down()):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (504, "peer-failed")
    assert await _pending(source, reply)
    assert await audited(source.memory, reply.trace_id) == ["failed"]
    assert not any((await source.memory.find(reply.trace_id)).values())


@pytest.mark.parametrize("name", ["pass_through"])
async def test_a_target_that_is_down_is_escalated(source: ServedAgent, name: str) -> None:
    """The source's HTTP client finds nobody at the target's address: 502, and a decision that waits."""
    async with unreachable(source, TARGET):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert "unreachable" in reply.body["detail"]
    assert await _pending(source, reply)


@pytest.mark.parametrize("name", ["pass_through"])
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
    [("pass_through", "working", "working, event passed"), ("pass_through", "episodic", "episodic, governance, audit")],
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


@pytest.mark.parametrize(("name", "layer", "degraded"), [("pass_through", "episodic", "episodic, governance, audit")])
async def test_a_store_of_the_target_that_fails_is_logged_and_escalated(
    source: ServedAgent, target: ServedAgent, name: str, layer: str, degraded: str
) -> None:
    """The target answers all the same, says which layer lacks it, and the source uses the answer."""
    with capture_logs() as logged:
        async with failing_store(target, layer):
            reply = await _exchange(source, name)
    assert (reply.status, target.last.headers["x-l9-degraded"]) == (200, degraded)
    assert target.last.headers["x-l9-governance"] == "ESCALATED"
    assert ("memory write failed", layer) in [(entry["event"], entry.get("layer")) for entry in logged]
    assert (await target.memory.find(reply.trace_id))[layer] == 0
    if layer != "episodic":  # the anchors' decisions are kept beside it
        assert f"memory: {layer}" in (await escalated(target.memory, reply.trace_id))[-1][1]


async def _publish(source: ServedAgent, event: str, trace_id: str) -> dict[str, Any]:
    """Publish the event for the source, none of whose operations does; its payload."""
    await events.publish(source.memory, SOURCE, event, PAYLOADS[event], trace_id)
    return PAYLOADS[event]


@pytest.mark.parametrize("event", ["passed"])
async def test_an_event_is_kept_until_it_is_observed_and_handled_under_one_trace(
    source: ServedAgent, target: ServedAgent, event: str
) -> None:
    """It is published while the observer is away; the observer's own consumer finds it later and decides."""
    trace_id = str(uuid.uuid4())
    payload = await _publish(source, event, trace_id)
    assert await audited(target.memory, trace_id) == []
    await target.observe()
    assert await audited(target.memory, trace_id) == ["decided"]
    assert await target.memory.find(trace_id) == dict.fromkeys(TARGET_LAYERS, 1)
    [decision] = await recorded(target.memory, trace_id)
    known = EVENT_FIELDS[event] & payload.keys()
    assert {name: decision["request"][name] for name in known} == {name: payload[name] for name in known}


@pytest.mark.parametrize("event", ["passed"])
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


@pytest.mark.parametrize(("event", "missing"), [("passed", "dear")])
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
    stream, event, trace_id = events.stream(source.memory.namespace, SOURCE), "passed", str(uuid.uuid4())
    await source.memory.redis.xadd(stream, {"event": event, "payload": "{", "trace_id": trace_id})
    await _publish(source, event, trace_id)
    with capture_logs() as logged:
        await target.observe()
    assert "event set aside" in [entry["event"] for entry in logged]
    assert [letter["payload"] for letter in await set_aside(target.memory, SOURCE, trace_id)] == ["{"]
    assert await audited(target.memory, trace_id) == ["decided"]
