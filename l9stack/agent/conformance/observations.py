"""Events between two agents: observed later, once, under one trace, and never lost in silence."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from structlog.testing import capture_logs

from l9stack.agent._messaging import events as bus
from l9stack.agent.conformance.checks import Checks, holds, raising, same
from l9stack.agent.conformance.exchanges import Pair
from l9stack.agent.testing._faults import failing_store
from l9stack.agent.testing._traces import audited, escalated, recorded, set_aside, told


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the source that the target observes, and the operation that it runs there.

    `publisher` is the source's operation that publishes it, with its arguments; where none does, `payload` is published
    by itself. `outcome` is `answered`, `waits` or `refused`. `fields` are those that the operation takes, None where it
    takes any; `answer` is what is known of its answer, `missing` a field that it cannot do without, `faults` the layers
    of the target that may fail.
    """

    name: str
    operation: str
    outcome: str = "answered"
    publisher: tuple[str, Mapping[str, Any]] | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    fields: Collection[str] | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""
    faults: Sequence[str] = ()

    async def publish(self, pair: Pair, trace_id: str) -> dict[str, Any]:
        """Have the source publish it; its payload."""
        if self.publisher is None:
            await bus.publish(pair.source.memory, pair.source_id, self.name, dict(self.payload), trace_id)
            return dict(self.payload)
        operation, arguments = self.publisher
        reply = await pair.source.call(operation, arguments, trace_id)
        same(reply.status, 200)
        return reply.body


async def handled(checks: Checks, pair: Pair, events: Iterable[Event]) -> None:
    """An event is kept until it is observed, is handled once under its trace, or waits for an anchor there."""
    for event in events:
        with checks.part(event.name):
            if event.outcome == "answered":
                await _answered(checks, pair, event)
            elif event.outcome == "waits":
                await _waits(checks, pair, event)
            else:
                with checks.negative("the policy refuses it: it is to be delivered again"):
                    await event.publish(pair, str(uuid.uuid4()))
                    with raising(TimeoutError):
                        await pair.target.observe(seconds=0.5)


async def _answered(checks: Checks, pair: Pair, event: Event) -> None:
    trace_id, layers = str(uuid.uuid4()), pair.target.definition.memory.layers()
    payload = await event.publish(pair, trace_id)
    with checks.negative("nothing becomes of it while the observer is away"):
        same(await audited(pair.target.memory, trace_id), [])
    await pair.target.observe()
    with checks.positive("the observer finds it later, and decides under its trace"):
        same(await audited(pair.target.memory, trace_id), ["decided"])
        same(await pair.target.memory.find(trace_id), dict.fromkeys(layers, 1))
    if event.publisher is not None:
        with checks.positive("the source has decided under that trace, too"):
            same(await audited(pair.source.memory, trace_id), ["decided"])
            own = pair.source.definition.memory.layers()
            same(await pair.source.memory.find(trace_id), dict.fromkeys(own, 1))
    if pair.target.definition.memory.episodic is not None:
        with checks.positive("what it says is what the operation takes, and the answer is the one that is due"):
            [decision] = await recorded(pair.target.memory, trace_id)
            known = payload.keys() if event.fields is None else payload.keys() & event.fields
            same({n: decision["request"].get(n) for n in known}, {n: payload[n] for n in known})
            if event.fields is None:
                same(decision["request"], payload)
            same({n: decision["response"].get(n) for n in event.answer}, dict(event.answer))
    await pair.target.redeliver(pair.source_id)
    await pair.target.observe()
    with checks.negative("it is not handled again when it is delivered again"):
        same(await audited(pair.target.memory, trace_id), ["decided"])
        same(await pair.target.memory.find(trace_id), dict.fromkeys(layers, 1))


async def _waits(checks: Checks, pair: Pair, event: Event) -> None:
    trace_id = str(uuid.uuid4())
    await event.publish(pair, trace_id)
    await pair.target.observe()
    with checks.positive("a decision waits under its trace"):
        same(await audited(pair.target.memory, trace_id), ["escalated"])
        same([status for status, _ in await escalated(pair.target.memory, trace_id)], ["PENDING"])
    for anchor in pair.target.definition.governance.anchors:
        with checks.positive(f"{anchor} is told"):
            heard = await told(pair.target.memory, anchor, trace_id)
            same([entry["operation"] for entry in heard], [event.operation])


async def failing(checks: Checks, pair: Pair, events: Sequence[Event]) -> None:
    """What does not fit, is no event, or meets a store that is away is told, and keeps nothing else from its way."""
    if all(event.outcome != "refused" for event in events):
        for event in events:
            if event.missing:
                with checks.negative(f"{event.name} without {event.missing} is audited, and done with"):
                    await _unfit(pair, event)
        with checks.negative("an entry that is no event is set aside"):
            await _no_event(pair, events[0])
        for event in events:
            for layer in event.faults:
                with checks.negative(f"{event.name}: the observer without {layer} says so, and escalates"):
                    await _degraded(pair, event, layer)
    for event in events:
        if event.publisher is not None:
            with checks.negative(f"{event.name} that cannot be published is told"):
                await _unpublished(pair, event.name, *event.publisher)


async def _unfit(pair: Pair, event: Event) -> None:
    trace_id = str(uuid.uuid4())
    await bus.publish(pair.source.memory, pair.source_id, event.name, {}, trace_id)
    with capture_logs() as logged:
        await pair.target.observe()
        await pair.target.redeliver(pair.source_id)
        await pair.target.observe()
    same(await audited(pair.target.memory, trace_id), ["event refused"])
    holds(not any((await pair.target.memory.find(trace_id)).values()), "a layer has it")
    holds("memory write failed" not in [entry["event"] for entry in logged], "a layer was written")


async def _no_event(pair: Pair, event: Event) -> None:
    stream, trace_id = bus.stream(pair.source.memory.namespace, pair.source_id), str(uuid.uuid4())
    await pair.source.memory.redis.xadd(stream, {"event": event.name, "payload": "{", "trace_id": trace_id})
    await event.publish(pair, trace_id)
    with capture_logs() as logged:
        await pair.target.observe()
    holds("event set aside" in [entry["event"] for entry in logged], "the log does not say it")
    same([letter["payload"] for letter in await set_aside(pair.target.memory, pair.source_id, trace_id)], ["{"])
    done = "decided" if event.outcome == "answered" else "escalated"
    same(await audited(pair.target.memory, trace_id), [done], "the event behind it")


async def _degraded(pair: Pair, event: Event, layer: str) -> None:
    trace_id = str(uuid.uuid4())
    await event.publish(pair, trace_id)
    with capture_logs() as logged:
        async with failing_store(pair.target, layer):
            await pair.target.observe()
    failed = [(entry["event"], entry.get("layer")) for entry in logged]
    holds(("memory write failed", layer) in failed, f"the log does not say it: {failed}")
    same((await pair.target.memory.find(trace_id))[layer], 0, f"records in {layer}")
    reason = (await escalated(pair.target.memory, trace_id))[-1][1]
    holds(f"memory: {layer}" in reason, f"the reason is {reason}")


async def _unpublished(pair: Pair, event: str, operation: str, arguments: Mapping[str, Any]) -> None:
    with capture_logs() as logged:
        async with failing_store(pair.source, "working"):
            reply = await pair.source.call(operation, arguments)
    degraded = reply.headers.get("x-l9-degraded", "").split(", ")
    same(reply.status, 200)
    holds(f"event {event}" in degraded, f"degraded is {degraded}")
    holds(("event not published", event) in [(e["event"], e.get("kind")) for e in logged], "the log does not say it")
