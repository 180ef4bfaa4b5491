"""What an agent asks of others: typed clients, and a coordinator that asks several at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from l9stack.agent import PeerError, Record
from l9stack.agent.conformance._checks import Checks, changed, holds, raising, same, title
from l9stack.agent.conformance.memory import name_of
from l9stack.agent.conformance.records import Wrong, wrong_values
from l9stack.agent.testing._agent import ServedAgent
from l9stack.agent.testing._stand_ins import StandIn

__all__ = ["Exchange", "PeerCall", "client", "coordinator", "failing"]


def failing() -> list[tuple[StandIn | None, str]]:
    """Peers that fail, one of each kind, with the kind; None stands for a peer that is not there."""
    down, malformed, ignorant = StandIn.down(), StandIn.malformed(), StandIn()
    return [(None, "unreachable"), (down, "timeout"), (malformed, "malformed"), (ignorant, "refused")]


@dataclass(frozen=True, slots=True)
class PeerCall:
    """A call of a peer's operation: what is sent and said, and what either may, or must not, have instead.

    `verb` is `packet_type` where it is sent as one. `model` is the request's, None where any object is sent; `declared`
    says that the answer has a model: what goes beyond it is left out.
    """

    peer: str
    name: str
    arguments: Mapping[str, Any]
    said: Mapping[str, Any]
    verb: str = "operation"
    model: type[Record] | None = None
    declared: bool = False
    requests: Sequence[Mapping[str, Any]] = ()
    answers: Sequence[Mapping[str, Any]] = ()
    requests_refused: Wrong = field(default_factory=dict)
    answers_refused: Wrong = field(default_factory=dict)

    def request(self, changes: Mapping[str, Any]) -> Any:
        """What the function takes: a record where the peer declares one."""
        values = changed(self.arguments, changes)
        return values if self.model is None else self.model.model_validate(values)


async def client(
    checks: Checks, agent: ServedAgent, ask: Callable[[Any, Any], Awaitable[Any]], asked: PeerCall
) -> None:
    """The function asks for exactly what it is given, gives back what fits the peer's model, and tells who failed."""

    async def answer(said: Mapping[str, Any], request: Any) -> tuple[Any, list[dict[str, Any]]]:
        peer = StandIn().say(asked.name, said)
        with agent.override_peer(asked.peer, peer):
            return await ask(agent.context(), request), peer.requests

    with checks.part(name_of(ask)):
        for changes in ({}, *asked.requests):
            with checks.positive(f"it asks for exactly {title(changes)}, once"):
                _, requests = await answer(asked.said, asked.request(changes))
                same(requests, [{asked.verb: asked.name, "arguments": changed(asked.arguments, changes)}])
        for told, wrong, arguments in wrong_values(asked.arguments, asked.requests_refused if asked.model else {}):
            assert asked.model is not None
            with checks.negative(f"it asks for nothing {told}"), raising(ValidationError, wrong):
                asked.model.model_validate(arguments)
        for beside in ({}, {"undeclared_field": 1}):
            with checks.positive(f"it gives back the answer, {title(beside, 'as it is')}"):
                found, _ = await answer({**asked.said, **beside}, asked.request({}))
                if asked.declared:
                    same(found.model_dump(mode="json"), dict(asked.said))
                else:
                    same(found.payload, {**asked.said, **beside})
        for changes in asked.answers:
            with checks.positive(f"it takes {title(changes)} for an answer"):
                said = changed(asked.said, changes)
                found, _ = await answer(said, asked.request({}))
                same(found.model_dump(mode="json"), said)
        for told, _, said in wrong_values(asked.said, asked.answers_refused):
            with checks.negative(f"it takes no answer {told}"), raising(PeerError, f"{asked.peer}: malformed"):
                await answer(said, asked.request({}))
        for peer, kind in failing():
            there = {} if peer is None else {asked.peer: peer}
            failed = raising(PeerError, f"{asked.peer}: {kind}")
            with checks.negative(f"a peer that is {kind} is told by name"), agent.override_peers(there), failed:
                await ask(agent.context(), asked.request({}))


Exchange = tuple[Mapping[str, Any], Mapping[str, Any]]
"""What is asked of a peer, and what it says."""


async def coordinator(checks: Checks, agent: ServedAgent, module: Any, wired: Mapping[str, Exchange]) -> None:
    """`module.consult` asks all that is wanted at once, and nobody else; half an answer is none.

    `wired` are the exchanges by `agent.operation`.
    """
    requests = {name: request for name, (request, _) in wired.items()}
    said = {name: answer for name, (_, answer) in wired.items()}
    with checks.positive("what is wired is what the glue says"):
        same(list(module.WIRED), list(wired))
    with checks.positive("all that is wired is asked at once"), agent.override_peers(_peers(said)):
        same(await module.consult(agent.context(), requests), said)
    for name in wired:
        with checks.positive(f"{name} alone is asked for exactly this"):
            heard, (peer, _, operation) = _peers(said), name.rpartition(".")
            with agent.override_peers(heard):
                same(await module.consult(agent.context(), {name: requests[name]}), {name: said[name]})
            same(heard[peer].requests, [{"operation": operation, "arguments": requests[name]}])
            holds(all(not other.requests for who, other in heard.items() if who != peer), "others are asked")
    with checks.negative("nobody is asked where nothing is wanted"), agent.override_peers({}):
        same(await module.consult(agent.context(), {}), {})
    for who in _peers(said):
        for failed, kind in failing():
            with checks.negative(f"{who}, {kind}, fails the whole"), raising(PeerError, f"{who}: {kind}"):
                heard = {peer: stand_in for peer, stand_in in _peers(said).items() if peer != who}
                with agent.override_peers(heard if failed is None else {**heard, who: failed}):
                    await module.consult(agent.context(), requests)
    for name in ("stranger.do", "do", ""):
        with checks.negative(f"{name!r}, which is not wired, is not asked, and nobody else is"):
            heard = _peers(said)
            with agent.override_peers(heard):
                await _unknown(module, agent, {**requests, name: {}}, name)
            same([peer.requests for peer in heard.values()], [[] for _ in heard])
    with checks.negative("all that is not wired is named"):
        await _unknown(module, agent, {"stranger.do": {}, "another.do": {}}, "another.do, stranger.do")


async def _unknown(module: Any, agent: ServedAgent, requests: Mapping[str, Any], named: str) -> None:
    try:
        await module.consult(agent.context(), requests)
    except KeyError as error:
        same(error.args, (named,))
        return
    raise AssertionError("it was asked")


def _peers(said: Mapping[str, Mapping[str, Any]]) -> dict[str, StandIn]:
    answers: dict[str, dict[str, Any]] = {}
    for name, answer in said.items():
        peer, _, operation = name.rpartition(".")
        answers.setdefault(peer, {})[operation] = answer
    return {peer: StandIn(known) for peer, known in answers.items()}
