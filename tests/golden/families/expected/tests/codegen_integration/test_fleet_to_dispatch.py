"""Fleet to Dispatch: packet_send assign. Both run for real, in one namespace."""

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
    failing_store,
    serving_together,
    unreachable,
)
from structlog.testing import capture_logs

SOURCE, TARGET = "fleet", "dispatch"
SERVED = ["fleet", "dispatch"]
SOURCE_LAYERS: list[str] = ["working"]
TARGET_LAYERS: list[str] = ["working", "episodic", "semantic", "causal"]
PACKETS: dict[str, dict[str, Any]] = {
    "assign": {"packet_type": "assign", "arguments": {"request_id": "R-1", "region": "north", "distance": 12}}
}
PACKET_ANSWERS: dict[str, dict[str, Any]] = {"assign": {"van_id": "city", "confidence": 0.9}}

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
    """Fleet."""
    return agents[SOURCE]


@pytest.fixture
def target(agents: Mapping[str, ServedAgent]) -> ServedAgent:
    """Dispatch."""
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


@pytest.mark.parametrize("name", ["assign"])
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
        pytest.param(
            {"packet_type": "assign", "arguments": {"region": "north", "distance": 12}}, id="assign: request_id missing"
        ),
        pytest.param(
            {"packet_type": "assign", "arguments": {"request_id": "R-1", "region": "none of these", "distance": 12}},
            id="assign: region none of its choices",
        ),
        pytest.param(
            {
                "packet_type": "assign",
                "arguments": {"request_id": "R-1", "region": "north", "distance": 12, "undeclared_field": 1},
            },
            id="assign: undeclared field",
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


@pytest.mark.parametrize("name", ["assign"])
async def test_a_target_that_is_too_late_is_escalated(source: ServedAgent, target: ServedAgent, name: str) -> None:
    """No answer in time: 504, a decision that waits, and no record as if something had been decided."""
    with source.hearing(TARGET, StandIn.down()):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (504, "peer-failed")
    assert await _pending(source, reply)
    assert await audited(source.memory, reply.trace_id) == ["failed"]
    assert not any((await source.memory.find(reply.trace_id)).values())


@pytest.mark.parametrize("name", ["assign"])
async def test_a_target_that_is_down_is_escalated(source: ServedAgent, name: str) -> None:
    """The source's HTTP client finds nobody at the target's address: 502, and a decision that waits."""
    async with unreachable(source, TARGET):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert "unreachable" in reply.body["detail"]
    assert await _pending(source, reply)


@pytest.mark.parametrize("name", ["assign"])
async def test_an_answer_that_is_no_packet_is_rejected(source: ServedAgent, name: str) -> None:
    """What is malformed is never used: 502, and a decision that waits."""
    with source.hearing(TARGET, StandIn.malformed()):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert "malformed" in reply.body["detail"]
    assert await _pending(source, reply)
    assert not any((await source.memory.find(reply.trace_id)).values())


@pytest.mark.parametrize(("name", "layer", "degraded"), [("assign", "working", "working")])
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


@pytest.mark.parametrize(
    ("name", "layer", "degraded"),
    [
        ("assign", "episodic", "episodic, governance, audit"),
        ("assign", "semantic", "semantic"),
        ("assign", "causal", "causal"),
    ],
)
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
