"""Operations: the cases of a bound one through the whole pipeline, what it refuses, and what it leaves behind."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from l9stack.agent.conformance._checks import Checks, changed, holds, same, title
from l9stack.agent.conformance.records import Wrong, wrong_values
from l9stack.agent.operations import Operation
from l9stack.agent.testing._agent import ServedAgent
from l9stack.agent.testing._replies import Reply
from l9stack.agent.testing._stand_ins import StandIn

__all__ = ["Case", "Changes", "DeclaredOperation", "Peer", "bound", "implemented", "refusing"]

Changes = Mapping[str, Any]
"""What is different from a sample, by field."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another agent that the operation asks: what for, what it says to the sample, and what it must not say."""

    id: str
    asked: str
    said: Mapping[str, Any]
    sent: Mapping[str, Any]
    verb: str = "operation"
    unfit: Wrong = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """What is different from the sample: in the request, in what a peer says and is sent, in the answer."""

    request: Changes = field(default_factory=dict)
    answer: Changes = field(default_factory=dict)
    said: Changes = field(default_factory=dict)
    sent: Changes = field(default_factory=dict)
    escalates: bool = False

    @property
    def title(self) -> str:
        """What is different, in a few words."""
        told = [title(self.request, ""), f"said {title(self.said)}" if self.said else ""]
        return "; ".join(filter(None, told)) or "the sample"


@dataclass(frozen=True, slots=True)
class DeclaredOperation:
    """A bound operation as its schema says; `answer` is that to the sample, where it is known before it runs.

    `paths` are endpoints that a POST reaches, `packet_types` further names in packets. Where `record_id` is set the
    answer has the id of the decision beside what is declared.
    """

    name: str
    request: Mapping[str, Any]
    answer: Mapping[str, Any] = field(default_factory=dict)
    cases: Sequence[Case] = ()
    refused: Wrong = field(default_factory=dict)
    paths: Sequence[str] = ()
    packet_types: Sequence[str] = ()
    publishes: str = ""
    record_id: bool = False
    peer: Peer | None = None


async def bound(checks: Checks, agent: ServedAgent, declared: DeclaredOperation) -> None:
    """The operation answers each case as declared, leaves what it has to leave, and refuses what does not fit."""
    with checks.part(declared.name):
        await _answers(checks, agent, declared)
        await _recorded(checks, agent, declared)
        await _reached(checks, agent, declared)
        if declared.peer is not None:
            await _failing(checks, agent, declared, declared.peer)
        await refusing(checks, agent, declared.name, declared.request, declared.refused)


async def refusing(checks: Checks, agent: ServedAgent, name: str, request: Mapping[str, Any], refused: Wrong) -> None:
    """Who has no good token is refused, and so is a request that does not fit: by the name of the field."""
    with checks.negative("a caller without a good token is refused"):
        reply = await agent.post(f"/operations/{name}", {}, headers={"authorization": "Bearer none"})
        same((reply.status_code, reply.json().get("code")), (401, "unauthorised"))
    for told, wrong, arguments in wrong_values(request, refused):
        with checks.negative(f"{told} is refused"):
            answer = await agent.call(name, arguments)
            same((answer.status, answer.body.get("code")), (400, "invalid-request"))
            holds(wrong in answer.body.get("detail", ""), f"the answer does not name {wrong}: {answer.body}")


async def implemented(
    checks: Checks,
    agent: ServedAgent,
    declared: DeclaredOperation,
    function: Callable[..., Any],
    fields: Sequence[str] | None,
) -> None:
    """The user's own function decides, with every declared field; `fields` is None where none is declared."""
    with checks.part(declared.name):
        found = agent.definition.operation(declared.name)
        assert isinstance(found, Operation)
        reply = await agent.call(declared.name, declared.request)
        with checks.positive("it answers what the implementation says"):
            said = await agent.call_function(function, found, declared.request)
            same((reply.status, reply.body), (200, said))
        if fields is not None:
            with checks.positive("it answers with every declared field"):
                same(sorted(reply.body), sorted(fields))


def _hearing(agent: ServedAgent, declared: DeclaredOperation, said: Changes | None = None) -> Any:
    """The peer says what it says to the sample, with some changes; a stand-in, or None where nobody is asked."""
    peer = declared.peer
    if peer is None:
        return nullcontext(), None
    stand_in = StandIn().say(peer.asked, changed(peer.said, said or {}))
    return agent.override_peer(peer.id, stand_in), stand_in


async def _answers(checks: Checks, agent: ServedAgent, declared: DeclaredOperation) -> None:
    for case in declared.cases:
        with checks.positive(f"it answers {case.title}"):
            hearing, asked = _hearing(agent, declared, case.said)
            with hearing:
                reply = await agent.call(declared.name, changed(declared.request, case.request))
            due = changed(declared.answer, case.answer)
            if declared.record_id:
                due["record_id"] = reply.decision_id
            same((reply.status, reply.body), (200, due))
            same(reply.headers["x-l9-governance"], "ESCALATED" if case.escalates else "APPROVED", "governance")
            if declared.peer is not None:
                sent = changed(declared.peer.sent, case.sent)
                same(asked.requests, [{declared.peer.verb: declared.peer.asked, "arguments": sent}], "what is asked")


async def _recorded(checks: Checks, agent: ServedAgent, declared: DeclaredOperation) -> None:
    trace_id = str(uuid.uuid4())
    hearing, _ = _hearing(agent, declared)
    with hearing:
        reply = await agent.call(declared.name, declared.request, trace_id)
    with checks.positive("it is recorded in every layer under the trace of the call"):
        same((reply.status, reply.trace_id), (200, trace_id))
        same(await agent.memory.find(trace_id), dict.fromkeys(agent.definition.memory.layers(), 1))
    with checks.negative("nothing is lost on the way to memory"):
        holds("x-l9-degraded" not in reply.headers, f"degraded: {reply.headers.get('x-l9-degraded')}")
    if declared.publishes:
        with checks.positive("its answer is published"):
            events = [
                (entry["event"], json.loads(entry["payload"])) for entry in await agent.published_events(trace_id)
            ]
            same(events, [(declared.publishes, reply.body)])


async def _reached(checks: Checks, agent: ServedAgent, declared: DeclaredOperation) -> None:
    ways = [("operation", declared.name), *(("packet_type", kind) for kind in declared.packet_types)]
    for key, value in ways:
        with checks.positive(f"a packet of {key} {value} is answered once"):
            hearing, asked = _hearing(agent, declared)
            packet_id, payload = str(uuid.uuid4()), {key: value, "arguments": declared.request}
            with hearing:
                first, again = [await agent.packet(payload, packet_id=packet_id) for _ in range(2)]
            same(first.status, 200)
            same((again.status, again.body, again.decision_id), (200, first.body, first.decision_id), "the second")
            if asked is not None:
                same(len(asked.requests), 1, "times that the peer is asked")
    for path in declared.paths:
        with checks.positive(f"a POST to {path} reaches it"):
            hearing, _ = _hearing(agent, declared)
            with hearing:
                same((await agent.post(path, declared.request)).status_code, 200)


async def _failing(checks: Checks, agent: ServedAgent, declared: DeclaredOperation, peer: Peer) -> None:
    async def called(stand_in: StandIn) -> Reply:
        with agent.override_peer(peer.id, stand_in):
            return await agent.call(declared.name, declared.request)

    with checks.negative("a peer that is down is escalated"):
        reply = await called(StandIn.down())
        same(reply.status, 504)
        waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
        same((waiting["status"], waiting["operation"]), ("PENDING", declared.name))
    with checks.negative("an answer that is no packet is rejected"):
        reply = await called(StandIn.malformed())
        same((reply.status, reply.body.get("code")), (502, "peer-failed"))
    for told, _, said in wrong_values(peer.said, peer.unfit):
        with checks.negative(f"an answer with {told} is rejected"):
            reply = await called(StandIn().say(peer.asked, said))
            same((reply.status, reply.body.get("code")), (502, "peer-failed"))
            named = re.search(rf"\b{re.escape(peer.id)}\b", reply.body.get("detail", ""))
            holds(named, f"the peer is not named: {reply.body}")
    with checks.positive("an answer that says more is taken, as a later version of the peer may"):
        reply = await called(StandIn().say(peer.asked, {**peer.said, "undeclared_field": 1}))
        same(reply.status, 200)
