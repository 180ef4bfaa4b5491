"""What passes between two agents: calls that an operation routes on, plain packets, and events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from l9stack.model.glue import QueryMemoryBehaviour, RouteBehaviour
from l9stack.model.plan import AgentPlan, Edge, EdgeKind, OperationPlan, Plan
from l9stack.names import operation_name
from l9stack.rendering.cases import Values
from l9stack.rendering.code.bridges import view_governance
from l9stack.rendering.code.operations import event_of
from l9stack.rendering.samples import invalid_requests, record
from l9stack.rendering.suites.answers import chain, circular, expected_case

CRITICAL = 0.7
"""As `l9stack.agent._calls.pipeline` has it: from here on an operation is denied while decisions cannot be kept."""
RELAY = 0.5
"""The criticality of a packet that an agent sends by no operation of its own."""
_ANY_OBJECT: Values = {"note": "any object"}
_MAX_REFUSED = 3


@dataclass(frozen=True, slots=True)
class PlannedExchange:
    """One way from the source to an operation of the target.

    `operation` is the source's own where it routes there; else the source's client sends `payload` by itself.
    `outcome` is `answered`, `waits` (for an anchor) or `invalid_requests` (unbound, where the policy refuses that).
    """

    label: str
    asked: OperationPlan
    outcome: str
    decider: tuple[str, str]
    """The agent and the operation at the end of the way: where it waits, the decision is theirs."""
    once: bool
    """Whether no agent decides twice on the way."""
    payload: dict[str, Any]
    operation: OperationPlan | None = None
    arguments: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObservedEvent:
    """One event that the target observes; `publisher` is the source's operation that publishes it, if any does."""

    event: str
    handler: OperationPlan
    outcome: str
    payload: Values
    publisher: OperationPlan | None
    arguments: Values
    answer: Values | None
    """The handler's answer, where it can be worked out."""


def sample_request(operation: OperationPlan) -> Values:
    """A good request."""
    return dict(_ANY_OBJECT) if operation.request is None else record(operation.request)


def outcome(plan: Plan, agent: AgentPlan, operation: OperationPlan) -> str:
    """Whether a call of the operation is answered, waits for an anchor, or is refused."""
    last, final = chain(plan, agent, operation)[-1]
    if final.bound:
        return "answered"
    return "refused" if view_governance(last).unbound == "refuse" else "waits"


def exchanges(plan: Plan, source: AgentPlan, target: AgentPlan, edges: Iterable[Edge]) -> tuple[PlannedExchange, ...]:
    """The source's routes to the target, wired operations that no route leads to, else one plain packet."""
    edges = [edge for edge in edges if edge.kind is not EdgeKind.EVENT_OBSERVE]
    found: dict[str, PlannedExchange] = {}
    for operation in source.operations:
        if isinstance(operation.behaviour, RouteBehaviour) and not circular(plan, source, operation):
            peer, _, wanted = operation.behaviour.to.rpartition(".")
            if peer == target.id:
                found[operation.name] = _routed(plan, source, operation, target, target.operation(wanted))
    asked = {exchange.asked.name for exchange in found.values()}
    for edge in edges:
        for name, operation in _wired(edge, target):
            if operation.name not in asked:
                label = name if name not in found else f"{name} of {target.id}"
                sent = edge.kind is EdgeKind.PACKET_SEND and name in operation.packet_types
                found[label] = _plain(plan, source, target, operation, label, name if sent else "")
    if edges and not found and (chosen := _any_operation(plan, target)):
        found[chosen.name] = _plain(plan, source, target, chosen, chosen.name, "")
    return tuple(found.values())


def observed_events(
    plan: Plan, source: AgentPlan, target: AgentPlan, edges: Iterable[Edge]
) -> tuple[ObservedEvent, ...]:
    """Every event of the source that the target observes."""
    names = dict.fromkeys(name for edge in edges if edge.kind is EdgeKind.EVENT_OBSERVE for name in edge.names)
    handlers = {str(operation.name): operation for operation in target.operations}
    found = ((name, handlers.get(str(operation_name(f"on_{name}")))) for name in names)
    return tuple(_observed(plan, source, target, name, handler) for name, handler in found if handler is not None)


def invalid_packets(exchange: PlannedExchange) -> tuple[tuple[Values, str], ...]:
    """Arguments that the target has to refuse, each with the field that is wrong."""
    if exchange.asked.request is None:
        return ()
    rows = invalid_requests(exchange.asked.request)
    chosen = dict.fromkeys([0, len(rows) // 2, len(rows) - 1][:_MAX_REFUSED])
    return tuple((rows[number][1], rows[number][2]) for number in chosen)


def source_faults(source: AgentPlan, exchange: PlannedExchange) -> Iterator[tuple[str, str]]:
    """Each layer of the source whose store may fail while it still answers, with what it then says is degraded."""
    own = exchange.operation
    for layer in _layers(source):
        if layer == "working":
            event = event_of(own) if own else ""
            yield layer, f"working, event {event}" if event else layer
        elif layer != "episodic":
            yield layer, layer
        elif (own.criticality if own else RELAY) < CRITICAL and not (own and own.reusable):
            yield layer, "episodic, governance, audit"


def target_faults(target: AgentPlan, exchange: PlannedExchange) -> Iterator[tuple[str, str]]:
    """The same of the target. Its Redis has to be there: without it a packet's duplicate cannot be told."""
    asked = exchange.asked
    reads = asked.reusable or isinstance(asked.behaviour, QueryMemoryBehaviour)
    for layer in _layers(target):
        if layer not in ("working", "episodic"):
            yield layer, layer
        elif layer == "episodic" and asked.criticality < CRITICAL and not reads:
            yield layer, "episodic, governance, audit"


def _layers(agent: AgentPlan) -> list[str]:
    return [layer.kind.value for layer in agent.spec.memory]


def _routed(
    plan: Plan, source: AgentPlan, operation: OperationPlan, target: AgentPlan, asked: OperationPlan
) -> PlannedExchange:
    steps = chain(plan, source, operation)
    return PlannedExchange(
        label=operation.name,
        asked=asked,
        outcome=outcome(plan, source, operation),
        decider=(steps[-1][0].id, steps[-1][1].name),
        once=len({agent.id for agent, _ in steps}) == len(steps),
        payload={"operation": str(asked.name), "arguments": sample_request(asked)},
        operation=operation,
        arguments=sample_request(operation),
    )


def _plain(
    plan: Plan, source: AgentPlan, target: AgentPlan, operation: OperationPlan, label: str, packet_type: str
) -> PlannedExchange:
    steps = chain(plan, target, operation)
    named = {"packet_type": packet_type} if packet_type else {"operation": str(operation.name)}
    ids = [source.id, *(agent.id for agent, _ in steps)]
    return PlannedExchange(
        label=label,
        asked=operation,
        outcome=outcome(plan, target, operation),
        decider=(steps[-1][0].id, steps[-1][1].name),
        once=len(set(ids)) == len(ids),
        payload={**named, "arguments": sample_request(operation)},
    )


def _wired(edge: Edge, target: AgentPlan) -> Iterator[tuple[str, OperationPlan]]:
    known = {operation.name: operation for operation in target.operations}
    for name in edge.names:
        wanted = operation_name(name)
        if wanted is not None and wanted in known:
            yield name, known[wanted]


def _any_operation(plan: Plan, agent: AgentPlan) -> OperationPlan | None:
    """The operation that says most: bound, and without the help of others, where there is one."""
    ranks = {"answered": 0, "waits": 2, "refused": 4}

    def rank(operation: OperationPlan) -> int:
        return ranks[outcome(plan, agent, operation)] + isinstance(operation.behaviour, RouteBehaviour)

    usable = [operation for operation in agent.operations if not circular(plan, agent, operation)]
    return min(usable, key=rank, default=None)


def _observed(plan: Plan, source: AgentPlan, target: AgentPlan, event: str, handler: OperationPlan) -> ObservedEvent:
    # One that asks the target as well would leave a decision there under the same trace, before the event is observed.
    answering = (
        op
        for op in source.operations
        if not circular(plan, source, op)
        and outcome(plan, source, op) == "answered"
        and target.id not in [agent.id for agent, _ in chain(plan, source, op)]
    )
    publisher = next((operation for operation in answering if event_of(operation) == event), None)
    published: Values | None = sample_request(handler)
    if publisher is not None:
        case = expected_case(plan, source, publisher, sample_request(publisher))
        published = case.expected if case else None
    wanted = {spec.name for spec in handler.request or ()}
    taken = {name: value for name, value in (published or {}).items() if name in wanted}
    answer = expected_case(plan, target, handler, taken) if published is not None else None
    return ObservedEvent(
        event=event,
        handler=handler,
        outcome=outcome(plan, target, handler),
        payload=sample_request(handler),
        publisher=publisher,
        arguments=sample_request(publisher) if publisher else {},
        answer=answer.expected if answer else None,
    )
