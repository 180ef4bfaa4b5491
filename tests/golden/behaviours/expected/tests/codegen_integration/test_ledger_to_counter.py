"""Ledger to Counter: event_observe entered. Both run for real, in one namespace."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, audited, events, failing_store, recorded, serving_together, set_aside
from structlog.testing import capture_logs

SOURCE, TARGET = "ledger", "counter"
SERVED = ["ledger", "counter"]
SOURCE_LAYERS: list[str] = []
TARGET_LAYERS: list[str] = ["working", "episodic"]
PUBLISHERS: dict[str, tuple[str, dict[str, Any]]] = {"entered": ("enter", {"shelf": "A1", "amount": 7})}
EVENT_ANSWERS: dict[str, dict[str, Any]] = {"entered": {"grade": "small"}}
EVENT_FIELDS: dict[str, set[str]] = {"entered": {"amount", "entry"}}


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
    """Ledger."""
    return agents[SOURCE]


@pytest.fixture
def target(agents: Mapping[str, ServedAgent]) -> ServedAgent:
    """Counter."""
    return agents[TARGET]


async def test_both_agents_are_ready(source: ServedAgent, target: ServedAgent) -> None:
    """Each has every backend that it needs."""
    for agent in (source, target):
        assert (await agent.get("/ready")).status_code == 200


async def _publish(source: ServedAgent, event: str, trace_id: str) -> dict[str, Any]:
    """Call the source's operation that publishes the event; its payload."""
    operation, arguments = PUBLISHERS[event]
    reply = await source.call(operation, arguments, trace_id)
    assert reply.status == 200
    return reply.body


@pytest.mark.parametrize("event", ["entered"])
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
    assert await audited(source.memory, trace_id) == ["decided"]
    assert await source.memory.find(trace_id) == dict.fromkeys(SOURCE_LAYERS, 1)
    [decision] = await recorded(target.memory, trace_id)
    known = EVENT_FIELDS[event] & payload.keys()
    assert {name: decision["request"][name] for name in known} == {name: payload[name] for name in known}
    answer = EVENT_ANSWERS[event]
    assert {name: decision["response"][name] for name in answer} == answer


@pytest.mark.parametrize("event", ["entered"])
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


@pytest.mark.parametrize(("event", "missing"), [("entered", "amount")])
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
    stream, event, trace_id = events.stream(source.memory.namespace, SOURCE), "entered", str(uuid.uuid4())
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
