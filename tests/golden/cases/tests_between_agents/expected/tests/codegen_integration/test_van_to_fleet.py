"""Van to Fleet: api_call nearest. Both run for real, in one namespace."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import Reply, ServedAgent, StandIn, audited, serving_together, unreachable

SOURCE, TARGET = "van", "fleet"
SERVED = ["van", "fleet"]
SOURCE_LAYERS: list[str] = []
TARGET_LAYERS: list[str] = []
PACKETS: dict[str, dict[str, Any]] = {"nearest": {"operation": "nearest", "arguments": {"region": "north"}}}
PACKET_ANSWERS: dict[str, dict[str, Any]] = {"nearest": {"van_id": "V-north"}}

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
    """Van."""
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


@pytest.mark.parametrize("name", ["nearest"])
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
        pytest.param({"operation": "nearest", "arguments": {}}, id="nearest: region missing"),
        pytest.param(
            {"operation": "nearest", "arguments": {"region": "none of these"}}, id="nearest: region none of its choices"
        ),
        pytest.param(
            {"operation": "nearest", "arguments": {"region": "north", "undeclared_field": 1}},
            id="nearest: undeclared field",
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


@pytest.mark.parametrize("name", ["nearest"])
async def test_a_target_that_is_too_late_is_escalated(source: ServedAgent, target: ServedAgent, name: str) -> None:
    """No answer in time: 504, a decision that waits, and no record as if something had been decided."""
    with source.hearing(TARGET, StandIn.down()):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (504, "peer-failed")
    assert await _pending(source, reply)
    assert await audited(source.memory, reply.trace_id) == ["failed"]
    assert not any((await source.memory.find(reply.trace_id)).values())


@pytest.mark.parametrize("name", ["nearest"])
async def test_a_target_that_is_down_is_escalated(source: ServedAgent, name: str) -> None:
    """The source's HTTP client finds nobody at the target's address: 502, and a decision that waits."""
    async with unreachable(source, TARGET):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert "unreachable" in reply.body["detail"]
    assert await _pending(source, reply)


@pytest.mark.parametrize("name", ["nearest"])
async def test_an_answer_that_is_no_packet_is_rejected(source: ServedAgent, name: str) -> None:
    """What is malformed is never used: 502, and a decision that waits."""
    with source.hearing(TARGET, StandIn.malformed()):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert "malformed" in reply.body["detail"]
    assert await _pending(source, reply)
    assert not any((await source.memory.find(reply.trace_id)).values())
