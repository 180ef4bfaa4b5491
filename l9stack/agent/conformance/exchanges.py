"""Two agents that run beside each other: what the one asks of the other, and what becomes of it when either fails."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from structlog.testing import capture_logs

from l9stack.agent.conformance._checks import Checks, changed, holds, same
from l9stack.agent.conformance.operations import Case
from l9stack.agent.conformance.records import Wrong, wrong_values
from l9stack.agent.testing._agent import ServedAgent
from l9stack.agent.testing._faults import failing_store, unreachable
from l9stack.agent.testing._replies import Reply
from l9stack.agent.testing._stand_ins import StandIn
from l9stack.agent.testing._traces import audit_actions, escalations, recorded_decisions

__all__ = [
    "Exchange",
    "Fault",
    "Made",
    "Pair",
    "answers",
    "failing_stores",
    "failing_target",
    "ready",
    "unanswered",
    "unfit",
]

Made = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
"""From what a peer said and what it was asked, the answer that is due."""
Fault = tuple[str, str]
"""A layer whose store fails, and what the answer then says is degraded."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two agents that are served, and whoever is served beside them."""

    agents: Mapping[str, ServedAgent]
    source_id: str
    target_id: str

    @property
    def source(self) -> ServedAgent:
        """Who asks."""
        return self.agents[self.source_id]

    @property
    def target(self) -> ServedAgent:
        """Who is asked."""
        return self.agents[self.target_id]

    async def send(self, exchange: Exchange, trace_id: str | None = None) -> Reply:
        """Call the source's operation that asks the target; where it has none, let its own client send the packet."""
        if exchange.request is None:
            return await self.source.relay(self.target_id, exchange.packet, trace_id)
        return await self.source.call(exchange.name, exchange.request, trace_id)

    async def pending(self, reply: Reply) -> bool:
        """Whether the answer names a decision of the source that waits for an anchor."""
        found = (await self.source.get(f"/decisions/{reply.decision_id}", "operator")).json()
        return (found["status"], found["trace_id"]) == ("PENDING", reply.trace_id)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One way from the source to an operation of the target.

    `packet` is what reaches the target; `request` goes to the source's operation of that name, and is None where the
    source has none. `cases` say how answers differ from the first: `sent`, `said` and `answer`. `made` makes the
    answer of the request and of what the target says, where only the target knows that; `due` is what of a packet's
    answer is known. `once` says that no agent decides twice on the way, and `decider`, where it waits, whose operation
    that is and what an anchor may answer.
    """

    name: str
    packet: Mapping[str, Any]
    request: Mapping[str, Any] | None = None
    outcome: str = "answered"
    sent: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    cases: Sequence[Case] = ()
    made: Made | None = None
    due: Mapping[str, Any] = field(default_factory=dict)
    once: bool = False
    decider: tuple[str, str, Mapping[str, Any]] | None = None
    unfit: Wrong = field(default_factory=dict)
    source_faults: Sequence[Fault] = ()
    target_faults: Sequence[Fault] = ()
    source_denies: bool = False
    target_denies: bool = False


async def ready(checks: Checks, pair: Pair) -> None:
    """Both agents have every backend that they need."""
    for name in (pair.source_id, pair.target_id):
        with checks.positive(f"{name} is ready"):
            same((await pair.agents[name].get("/ready")).status_code, 200)


async def answers(checks: Checks, pair: Pair, exchanges: Iterable[Exchange]) -> None:
    """The target decides, the source's answer is made of that, and both keep it under one trace."""
    for exchange in exchanges:
        if exchange.outcome != "answered":
            continue
        with checks.part(exchange.name):
            for case in exchange.cases:
                with checks.positive(f"the answer to {case.title} is made of what the target decides"):
                    await _case(pair, exchange, case)
            if not exchange.cases:
                with checks.positive("the answer is made of what the target says"):
                    await _answer(pair, exchange)
            if exchange.once:
                with checks.positive("both agents keep it under one trace"):
                    await _traced(pair, exchange)


async def _case(pair: Pair, exchange: Exchange, case: Case) -> None:
    assert exchange.request is not None
    reply = await pair.source.call(exchange.name, changed(exchange.request, case.request))
    same((reply.status, reply.body), (200, changed(exchange.answer, case.answer)))
    said = changed(exchange.said, case.said)
    same({name: pair.target.last_payload().get(name) for name in said}, said, "what the target says")
    if pair.target.definition.memory.episodic is not None:
        requests = [decision["request"] for decision in await recorded_decisions(pair.target.memory, reply.trace_id)]
        same(requests, [changed(exchange.sent, case.sent)], "what the target is sent")
    same(reply.headers["x-l9-governance"], "ESCALATED" if case.escalates else "APPROVED", "governance")


async def _answer(pair: Pair, exchange: Exchange) -> None:
    reply = await pair.send(exchange)
    said = pair.target.last_payload()
    same(reply.status, 200)
    if exchange.request is None:
        same(reply.body, said)
        same({name: reply.body.get(name) for name in exchange.due}, dict(exchange.due))
    elif exchange.made is not None:
        same(reply.body, dict(exchange.made(exchange.request, said)))


async def _traced(pair: Pair, exchange: Exchange) -> None:
    trace_id = str(uuid.uuid4())
    reply = await pair.send(exchange, trace_id)
    same((reply.status, reply.trace_id, reply.headers.get("x-l9-degraded")), (200, trace_id, None))
    for agent in (pair.source, pair.target):
        same(await audit_actions(agent.memory, trace_id), ["decided"], agent.definition.id)
        layers = agent.definition.memory.layers()
        same(await agent.memory.find(trace_id), dict.fromkeys(layers, 1), agent.definition.id)


async def unanswered(checks: Checks, pair: Pair, exchanges: Iterable[Exchange]) -> None:
    """Where nobody has bound the operation, the exchange waits for an anchor, or the policy refuses it."""
    for exchange in exchanges:
        with checks.part(exchange.name):
            if exchange.outcome == "waits" and exchange.decider is not None:
                await _waits(checks, pair, exchange, exchange.decider)
            elif exchange.outcome == "refused":
                with checks.negative("the policy refuses it, and the source escalates that"):
                    reply = await pair.send(exchange)
                    same((reply.status, reply.body.get("code")), (502, "peer-failed"))
                    holds(await pair.pending(reply), "no decision waits")


async def _waits(checks: Checks, pair: Pair, exchange: Exchange, decider: tuple[str, str, Mapping[str, Any]]) -> None:
    agent, operation, answer = pair.agents[decider[0]], decider[1], dict(decider[2])
    reply = await pair.send(exchange)
    with checks.positive("it waits for an anchor"):
        anchors = list(agent.definition.governance.anchors)
        same((reply.status, reply.body.get("status"), reply.body.get("anchors")), (202, "PENDING", anchors))
        waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
        same((waiting["operation"], waiting["trace_id"]), (operation, reply.trace_id))
    with checks.negative("nobody has decided yet"):
        for one in (pair.source, agent):
            same(await audit_actions(one.memory, reply.trace_id), ["escalated"])
            holds(not any((await one.memory.find(reply.trace_id)).values()), "a layer has it")
    with checks.positive("what an anchor decides is kept under the trace of the source"):
        decided = await agent.decide(reply.decision_id, "approve", answer)
        same((decided.status, decided.body.get("result")), (200, answer))
        same(await agent.memory.find(reply.trace_id), dict.fromkeys(agent.definition.memory.layers(), 1))


async def unfit(checks: Checks, pair: Pair, exchanges: Iterable[Exchange]) -> None:
    """The target refuses a packet that does not fit and keeps nothing of it; the source escalates the refusal."""
    for exchange in exchanges:
        for told, _, arguments in wrong_values(exchange.packet["arguments"], exchange.unfit):
            with checks.negative(f"{exchange.name}: {told} is refused by the target"):
                reply = await pair.source.relay(pair.target_id, {**exchange.packet, "arguments": arguments})
                last = pair.target.last
                same((last.status_code, last.json().get("code")), (400, "invalid-request"))
                same((reply.status, reply.body.get("code")), (502, "peer-failed"))
                same(await audit_actions(pair.source.memory, reply.trace_id), ["failed"])
                holds(not any((await pair.target.memory.find(reply.trace_id)).values()), "a layer has it")


async def failing_target(checks: Checks, pair: Pair, exchanges: Iterable[Exchange]) -> None:
    """A target that is late, away, or answers with no packet: the source escalates, and records nothing as decided."""
    for exchange in exchanges:
        with checks.part(exchange.name):
            with checks.negative("a target that is too late is escalated"):
                with pair.source.override_peer(pair.target_id, StandIn.down()):
                    reply = await pair.send(exchange)
                same((reply.status, reply.body.get("code")), (504, "peer-failed"))
                same(await audit_actions(pair.source.memory, reply.trace_id), ["failed"])
                await _nothing_decided(pair, reply)
            with checks.negative("a target that is down is escalated"):
                async with unreachable(pair.source, pair.target_id):
                    reply = await pair.send(exchange)
                _failed(reply, "unreachable")
                holds(await pair.pending(reply), "no decision waits")
            with checks.negative("an answer that is no packet is rejected"):
                with pair.source.override_peer(pair.target_id, StandIn.malformed()):
                    reply = await pair.send(exchange)
                _failed(reply, "malformed")
                await _nothing_decided(pair, reply)


def _failed(reply: Reply, why: str) -> None:
    same((reply.status, reply.body.get("code")), (502, "peer-failed"))
    holds(why in reply.body.get("detail", ""), f"{why} is not said: {reply.body}")


async def _nothing_decided(pair: Pair, reply: Reply) -> None:
    holds(await pair.pending(reply), "no decision waits")
    holds(not any((await pair.source.memory.find(reply.trace_id)).values()), "a layer has it")


async def failing_stores(checks: Checks, pair: Pair, exchanges: Iterable[Exchange]) -> None:
    """With a store away the answer says which layer lacks it, and that is escalated; what is critical is denied."""
    for exchange in exchanges:
        with checks.part(exchange.name):
            for agent, faults in ((pair.source, exchange.source_faults), (pair.target, exchange.target_faults)):
                for layer, degraded in faults:
                    with checks.negative(f"{agent.definition.id} without {layer} says so, and escalates"):
                        await _degraded(pair, exchange, agent, (layer, degraded))
            if exchange.source_denies:
                with checks.negative(f"{pair.source_id} denies it while decisions cannot be kept"):
                    async with failing_store(pair.source, "episodic"):
                        reply = await pair.send(exchange)
                    same((reply.status, reply.body.get("code")), (503, "governance-unavailable"))
            if exchange.target_denies:
                with checks.negative(f"{pair.target_id} denies it while decisions cannot be kept"):
                    async with failing_store(pair.target, "episodic"):
                        reply = await pair.send(exchange)
                    last = pair.target.last
                    same((last.status_code, last.json().get("code")), (503, "governance-unavailable"))
                    same((reply.status, reply.body.get("code")), (502, "peer-failed"))
                    holds(await pair.pending(reply), "no decision waits")


async def _degraded(pair: Pair, exchange: Exchange, agent: ServedAgent, fault: Fault) -> None:
    layer, degraded = fault
    with capture_logs() as logged:
        async with failing_store(agent, layer):
            reply = await pair.send(exchange)
    headers = reply.headers if agent is pair.source else pair.target.last.headers
    same((reply.status, headers.get("x-l9-degraded"), headers["x-l9-governance"]), (200, degraded, "ESCALATED"))
    failed = [(entry["event"], entry.get("layer")) for entry in logged]
    holds(("memory write failed", layer) in failed, f"the log does not say it: {failed}")
    same((await agent.memory.find(reply.trace_id))[layer], 0, f"records in {layer}")
    if layer != "episodic":  # the anchors' decisions are kept beside it
        reason = (await escalations(agent.memory, reply.trace_id))[-1][1]
        holds(f"memory: {layer}" in reason, f"the reason is {reason}")
