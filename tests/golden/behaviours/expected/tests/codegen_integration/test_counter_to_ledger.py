"""Counter to Ledger: hard; packet_send enter. Both run for real, in one namespace."""

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

SOURCE, TARGET = "counter", "ledger"
SERVED = ["counter", "ledger"]
SOURCE_LAYERS: list[str] = ["working", "episodic"]
TARGET_LAYERS: list[str] = []
CALLS: dict[str, dict[str, Any]] = {"total": {"shelf": "A1", "first": 3, "second": 4}}

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
    """Counter."""
    return agents[SOURCE]


@pytest.fixture
def target(agents: Mapping[str, ServedAgent]) -> ServedAgent:
    """Ledger."""
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
    ("operation", "arguments", "said", "expected", "governance"),
    [
        pytest.param(
            "total",
            CALLS["total"],
            {"entry": "A1", "amount": 7},
            {"entry": "A1", "total": 7},
            "APPROVED",
            id="total: the sample",
        ),
        pytest.param(
            "total",
            {**CALLS["total"], "shelf": "x"},
            {"entry": "x", "amount": 7},
            {"entry": "x", "total": 7},
            "APPROVED",
            id="total: shelf x",
        ),
        pytest.param(
            "total",
            {**CALLS["total"], "shelf": "xxxxxxxxxx"},
            {"entry": "xxxxxxxxxx", "amount": 7},
            {"entry": "xxxxxxxxxx", "total": 7},
            "APPROVED",
            id="total: shelf of 10 characters",
        ),
        pytest.param(
            "total",
            {**CALLS["total"], "first": 0},
            {"entry": "A1", "amount": 4},
            {"entry": "A1", "total": 4},
            "APPROVED",
            id="total: first 0",
        ),
        pytest.param(
            "total",
            {**CALLS["total"], "second": 0},
            {"entry": "A1", "amount": 3},
            {"entry": "A1", "total": 3},
            "APPROVED",
            id="total: second 0",
        ),
        pytest.param(
            "total",
            {**CALLS["total"], "first": 500},
            {"entry": "A1", "amount": 504},
            {"entry": "A1", "total": 504},
            "APPROVED",
            id="total: first 500",
        ),
    ],
)
async def test_the_answer_is_made_of_what_the_target_decides(
    source: ServedAgent,
    target: ServedAgent,
    operation: str,
    arguments: dict[str, Any],
    said: dict[str, Any],
    expected: dict[str, Any],
    governance: str,
) -> None:
    """The target decides; the source answers with just what follows from that."""
    reply = await source.call(operation, arguments)
    assert (reply.status, reply.body) == (200, expected)
    assert {name: target.said()[name] for name in said} == said
    assert reply.headers["x-l9-governance"] == governance


@pytest.mark.parametrize("name", ["total"])
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
        pytest.param({"operation": "enter", "arguments": {"amount": 7}}, id="total: shelf missing"),
        pytest.param(
            {"operation": "enter", "arguments": {"shelf": "A1", "amount": {"neither": "nor"}}},
            id="total: amount of another type",
        ),
        pytest.param(
            {"operation": "enter", "arguments": {"shelf": "A1", "amount": 7, "undeclared_field": 1}},
            id="total: undeclared field",
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


@pytest.mark.parametrize("name", ["total"])
async def test_a_target_that_is_too_late_is_escalated(source: ServedAgent, target: ServedAgent, name: str) -> None:
    """No answer in time: 504, a decision that waits, and no record as if something had been decided."""
    with source.hearing(TARGET, StandIn.down()):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (504, "peer-failed")
    assert await _pending(source, reply)
    assert await audited(source.memory, reply.trace_id) == ["failed"]
    assert not any((await source.memory.find(reply.trace_id)).values())


@pytest.mark.parametrize("name", ["total"])
async def test_a_target_that_is_down_is_escalated(source: ServedAgent, name: str) -> None:
    """The source's HTTP client finds nobody at the target's address: 502, and a decision that waits."""
    async with unreachable(source, TARGET):
        reply = await _exchange(source, name)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert "unreachable" in reply.body["detail"]
    assert await _pending(source, reply)


@pytest.mark.parametrize("name", ["total"])
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
    [("total", "working", "working"), ("total", "episodic", "episodic, governance, audit")],
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
