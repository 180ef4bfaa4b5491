"""Packets and events: what an agent takes, forwards, publishes and observes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from l9stack.agent import OperationContext, Payload, PeerError, Record, operation
from l9stack.agent.conformance._checks import ABSENT, Checks, changed, holds, raising, same
from l9stack.agent.conformance.memory import name_of
from l9stack.agent.conformance.peers import failing
from l9stack.agent.testing._agent import ServedAgent
from l9stack.agent.testing._stand_ins import StandIn

__all__ = ["Publish", "events", "forwarded", "observed", "published", "taken"]

Publish = Callable[[OperationContext, Any], Awaitable[None]]
"""A generated function that publishes an event."""
_ARGUMENTS: tuple[dict[str, Any], ...] = ({}, {"subject": "S-1"}, {"nested": {"list": [1, None]}})


async def taken(checks: Checks, agent: ServedAgent, module: Any, takes: Mapping[str, str]) -> None:
    """Each packet type leads to its operation, and no other type is taken."""
    with checks.positive("the packet types are those of the wirings"):
        same(module.PACKET_TYPES, dict(takes))
    for packet_type, wanted in takes.items():
        with checks.positive(f"{packet_type} leads to {wanted}"):
            same(module.operation_for(packet_type), wanted)
    for other in ("of another type", "", next(iter(takes)).upper()):
        with checks.negative(f"{other!r} leads nowhere"):
            same(module.operation_for(other), None)
    with checks.positive("the served agent takes them"):
        same(dict(agent.definition.packet_types), dict(takes))
        holds(all(agent.definition.operation(name) for name in takes.values()), "an operation is not there")
    for other in ("of another type", "health"):
        with checks.negative(f"a packet of type {other!r} is refused"):
            reply = await agent.packet({"packet_type": other, "arguments": {}})
            holds(400 <= reply.status < 500, f"answered {reply.status}")
            holds("names no operation" in reply.body.get("detail", ""), reply.body.get("detail", ""))


async def forwarded(checks: Checks, agent: ServedAgent, module: Any, takers: Mapping[str, Sequence[str]]) -> None:
    """A packet is sent to all who take its type, once each, and whoever fails is told by name."""
    with checks.positive("the takers are those of the wirings"):
        same({kind: tuple(agents) for kind, agents in module.TAKERS.items()}, {k: tuple(v) for k, v in takers.items()})
    for kind, names in takers.items():
        for arguments in _ARGUMENTS:
            with checks.positive(f"{kind} with {arguments} is sent to all who take it"):
                peers = {name: StandIn().say(kind, {"taken_by": name}) for name in names}
                with agent.override_peers(peers):
                    found = await module.forward(agent.context(), kind, arguments)
                same(found, {name: {"taken_by": name} for name in names})
                for peer in peers.values():
                    same(peer.requests, [{"packet_type": kind, "arguments": arguments}])
        for taker, why in failing():
            with (
                checks.negative(f"{kind}: a taker that is {why} is told by name"),
                raising(PeerError, f"{names[0]}: {why}"),
                agent.override_peers({} if taker is None else dict.fromkeys(names, taker)),
            ):
                await module.forward(agent.context(), kind, {})
    for kind in ("of another type", ""):
        with checks.negative(f"{kind!r}, which nobody takes, is not sent"), raising(KeyError, repr(kind)):
            await module.forward(agent.context(), kind, {})


async def events(checks: Checks, agent: ServedAgent, found: Sequence[str], declared: Sequence[str]) -> None:
    """The events are those of the operations, and the served agent declares them."""
    with checks.positive("the events are those of the operations"):
        same(tuple(found), tuple(declared))
    with checks.positive("the served agent declares every one"):
        holds(set(agent.definition.publishes) == set(declared), f"{agent.definition.publishes} are declared")


async def published(
    checks: Checks, agent: ServedAgent, publish: Publish, record: type[Record], event: tuple[str, Mapping[str, Any]]
) -> None:
    """The function publishes an event when the call has succeeded, as it was given; `event` is its name and payload."""
    name, sample = event
    said = sample["payload"] if record is Payload else sample
    with checks.part(name_of(publish)):
        payload = record.model_validate(sample)
        for times in (1, 2):
            with checks.positive(f"it publishes {times} for {times} when the call has succeeded"):
                status, events = await _called(agent, publish, payload, times)
                same((status, events), (200, [(name, said)] * times))
        with checks.negative("it publishes nothing where the call fails"):
            same(await _called(agent, publish, payload, 0), (500, []))
        with checks.positive("until then the event is the call's own"):
            context = agent.context()
            same(context.events, [])
            await publish(context, payload)
            same(context.events, [(name, said)])
        for field in sample:
            with checks.negative(f"there is no payload without {field}"), raising(ValidationError, field):
                record.model_validate(changed(sample, {field: ABSENT}))
        for field in ("undeclared_field", "trace_id"):
            with checks.negative(f"{field} never goes out"), raising(ValidationError, field):
                record.model_validate(payload.model_dump() | {field: "1"})


async def _called(
    agent: ServedAgent, publish: Publish, payload: Record, times: int
) -> tuple[int, list[tuple[str, Any]]]:
    """Publish in an operation so many times; one that publishes and fails where it is 0. Status and events."""

    @operation(summary="Publish, then succeed or fail.")
    async def publishing(request: Payload, context: OperationContext) -> Payload:
        for _ in range(times or 1):
            await publish(context, payload)
        if not times:
            raise RuntimeError("too late")
        return request

    trace = str(uuid.uuid4())
    answer = await agent.run(publishing, {}, trace)
    return answer.status, [
        (entry["event"], json.loads(entry["payload"])) for entry in await agent.published_events(trace)
    ]


async def observed(checks: Checks, agent: ServedAgent, module: Any, declared: Sequence[tuple[str, str, str]]) -> None:
    """Each event of a source runs its operation, and nothing else runs any; `declared` has source, event, operation."""
    with checks.positive("nothing else is observed"):
        found = [(item.source, event, name) for item in module.OBSERVES for event, name in item.events.items()]
        same(found, list(declared))
    with checks.positive("the served agent observes what is declared"):
        same(agent.definition.observes, module.OBSERVES)
    for source, event, wanted in declared:
        with checks.part(f"{event} of {source}"):
            with checks.positive(f"it runs {wanted}"):
                same(module.operation_for(source, event), wanted)
                holds(agent.definition.operation(wanted) is not None, "the agent has no such operation")
            for other in ("another_agent", ""):
                with checks.negative(f"it runs nothing as an event of {other!r}"):
                    same(module.operation_for(other, event), None)
            for other in ("another event", "", "on_"):
                with checks.negative(f"{other!r} of that agent runs nothing"):
                    same(module.operation_for(source, other), None)
