"""Operations that nobody has bound: an anchor answers them, or the policy refuses them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from l9stack.agent.conformance._checks import Checks, holds, same
from l9stack.agent.conformance.operations import refusing
from l9stack.agent.conformance.records import Wrong, wrong_values
from l9stack.agent.testing._agent import ServedAgent
from l9stack.agent.testing._replies import Reply
from l9stack.agent.testing._traces import notifications

__all__ = ["UnboundOperation", "refused", "waiting"]


@dataclass(frozen=True, slots=True)
class UnboundOperation:
    """An operation that nobody has bound: a good request, an answer that an anchor may give, and what fits neither.

    `declared` is False where any request is taken; `packet_types` are further names in packets.
    """

    name: str
    request: Mapping[str, Any]
    answer: Mapping[str, Any]
    refused: Wrong = field(default_factory=dict)
    unfit: Wrong = field(default_factory=dict)
    packet_types: Sequence[str] = ()
    reusable: bool = False
    declared: bool = True

    def packets(self) -> list[dict[str, Any]]:
        """A packet by each name that leads to it."""
        ways = [("operation", self.name), *(("packet_type", kind) for kind in self.packet_types)]
        return [{key: value, "arguments": self.request} for key, value in ways]


async def waiting(checks: Checks, agent: ServedAgent, unbound: UnboundOperation, anchors: Sequence[str]) -> None:
    """A call waits for an anchor of the policy, whose answer is held against the response and becomes the call's."""
    with checks.part(unbound.name):
        await agent.forget()  # what an anchor decided before is no precedent
        trace_id = str(uuid.uuid4())
        reply = await agent.call(unbound.name, unbound.request, trace_id)
        await _waits(checks, agent, unbound, reply, anchors)
        with checks.positive("it keeps the trace of its caller"):
            same(reply.trace_id, trace_id)
        await _undecided(checks, agent, unbound, reply)
        with checks.positive("an anchor's answer becomes the call's, and is kept in every layer"):
            decided = await agent.decide(reply.decision_id, "approve", unbound.answer)
            same((decided.status, decided.body.get("status")), (200, "APPROVED"))
            same(decided.body.get("result"), dict(unbound.answer))
            same(await agent.memory.find(trace_id), dict.fromkeys(agent.definition.memory.layers(), 1))
        if unbound.reusable:
            with checks.positive("an anchor's answer is a precedent"):
                again = await agent.call(unbound.name, unbound.request)
                same((again.status, again.body), (200, dict(unbound.answer)))
        await agent.forget()
        for packet in unbound.packets():
            with checks.negative(f"a packet of {next(iter(packet.values()))} is no other way to an answer"):
                reply = await agent.packet(packet)
                same((reply.status, reply.body.get("status")), (202, "PENDING"))
        with checks.negative("an anchor may block it: no answer, no record"):
            decided = await agent.decide(reply.decision_id, "block")
            same((decided.body.get("status"), decided.body.get("result")), ("BLOCKED", None))
            holds(not any((await agent.memory.find(reply.trace_id)).values()), "a layer has it")
        await refusing(checks, agent, unbound.name, unbound.request, unbound.refused)


async def _waits(
    checks: Checks, agent: ServedAgent, unbound: UnboundOperation, reply: Reply, anchors: Sequence[str]
) -> None:
    with checks.positive("it waits for the anchors of the policy"):
        same((reply.status, reply.body.get("status"), reply.body.get("anchors")), (202, "PENDING", list(anchors)))
    with checks.positive("the decision says what was asked"):
        found = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
        same((found["operation"], found["arguments"]), (unbound.name, dict(unbound.request)))
        same(found["trace_id"], reply.trace_id)
    for anchor in anchors:
        with checks.positive(f"{anchor} is told"):
            heard = await notifications(agent.memory, anchor, reply.trace_id)
            same([entry["decision_id"] for entry in heard], [reply.decision_id])


async def _undecided(checks: Checks, agent: ServedAgent, unbound: UnboundOperation, reply: Reply) -> None:
    with checks.negative("a mere yes answers nothing"):
        decided = await agent.decide(reply.decision_id, "approve")
        same((decided.status, decided.body.get("code")), (400, "answer-needed"))
    with checks.negative("nobody else decides it"):
        decided = await agent.decide(reply.decision_id, "approve", unbound.answer, anchor="Somebody Else")
        same((decided.status, decided.body.get("code")), (403, "not-an-anchor"))
    for name, _, answer in wrong_values(unbound.answer, unbound.unfit):
        with checks.negative(f"an answer with {name} is not taken"):
            decided = await agent.decide(reply.decision_id, "approve", answer)
            same((decided.status, decided.body.get("code")), (400, "invalid-answer"))


async def refused(checks: Checks, agent: ServedAgent, unbound: UnboundOperation, anchors: Sequence[str]) -> None:
    """The policy refuses what nobody has bound, by whatever way it is asked, and nothing of it is left."""
    with checks.part(unbound.name):
        requests = [unbound.request, *([] if unbound.declared else [{}, {"nested": [{"deep": 1}]}])]
        for arguments in requests:
            with checks.negative(f"{arguments} is refused"):
                reply = await agent.call(unbound.name, arguments)
                same((reply.status, reply.body.get("code")), (503, "unbound-refused"))
        reply = await agent.call(unbound.name, unbound.request)
        with checks.negative("nothing waits"):
            open_ones = (await agent.get("/decisions", "operator")).json()["decisions"]
            holds(reply.trace_id not in [decision["trace_id"] for decision in open_ones], "a decision waits")
        for anchor in anchors:
            with checks.negative(f"{anchor} is not told"):
                same(await notifications(agent.memory, anchor, reply.trace_id), [])
        with checks.negative("no layer has it"):
            holds(not any((await agent.memory.find(reply.trace_id)).values()), "a layer has it")
        for packet in unbound.packets():
            with checks.negative(f"a packet of {next(iter(packet.values()))} is no way around that"):
                reply = await agent.packet(packet)
                same((reply.status, reply.body.get("code")), (503, "unbound-refused"))
        with checks.positive("the status page tells that nobody has bound it"):
            listed = (await agent.get("/status")).json()["operations"]
            holds({"name": unbound.name, "bound": False} in listed, f"it is not among {listed}")
        await refusing(checks, agent, unbound.name, unbound.request, unbound.refused)
