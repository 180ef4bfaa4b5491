"""Families of communication: router, validator, publisher, subscriber, client and coordinator."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.plan import AgentPlan, EdgeKind, ModulePlan, OperationPlan, Plan
from l9stack.names import class_name, operation_name
from l9stack.printable import line
from l9stack.rendering.code.interface import view_surface
from l9stack.rendering.code.operations import event_of, request_name, response_name
from l9stack.rendering.fields import ModelView, model
from l9stack.rendering.imports import Imports
from l9stack.rendering.samples import invalid_requests, record


@dataclass(frozen=True, slots=True)
class RouterView:
    """Packet types that the agent takes, with their operations, and those that it sends, with who takes them."""

    takes: dict[str, str]
    takers: dict[str, tuple[str, ...]]

    @property
    def names(self) -> dict[str, str]:
        """What tests are named after."""
        return {name: str(operation_name(name)) for name in self.takers}


def view_router(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> RouterView:
    """Incoming packets lead to operations, outgoing ones to every agent that is wired for their type."""
    surface = view_surface(plan, agent)
    takers: dict[str, list[str]] = defaultdict(list)
    for call in surface.calls:
        for name in call.names if call.kind == EdgeKind.PACKET_SEND else ():
            takers[name].append(call.to)
    if takers:
        imports.agent("OperationContext")
        imports.add("collections.abc", "Mapping")
        imports.add("typing", "Any")
    return RouterView(surface.packet_types, {name: tuple(peers) for name, peers in sorted(takers.items())})


@dataclass(frozen=True, slots=True)
class ValidatorView:
    """A request model by the name under which it is checked, with good and bad values for tests."""

    name: str
    model: str
    good: dict[str, JsonValue]
    bad: tuple[tuple[dict[str, JsonValue], str], ...]


_MOST_BAD = 6


def view_validator(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[ValidatorView, ...]:
    """Every declared request, by the operation's name and by the packet types that lead to it."""
    imports.agent("Record")
    imports.add("l9stack.agent.records", "misfits")
    imports.add("collections.abc", "Mapping")
    imports.add("typing", "Any")
    found: dict[str, ValidatorView] = {}
    for operation in agent.operations:
        if not operation.request:
            continue
        imports.add(agent.home_of(operation.name).dotted, request_name(operation))
        bad = tuple((values, field) for _, values, field in invalid_requests(operation.request))
        spread = bad[:: max(len(bad) // _MOST_BAD, 1)][:_MOST_BAD]
        for name in (operation.name, *operation.packet_types):
            found[name] = ValidatorView(name, request_name(operation), record(operation.request), spread)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class EventView:
    """An event that the agent publishes: its function, and the model of its payload."""

    name: str
    function: str
    model: str
    sample: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class PublisherView:
    """Every event; who observes is no part of it, or an observer that is added would change the publisher's files."""

    events: tuple[EventView, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the events."""
        return tuple(event.name for event in self.events)


def view_publisher(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> PublisherView:
    """One function for each event; its payload is the response of the operation that publishes it."""
    imports.agent("OperationContext")
    views: dict[str, EventView] = {}
    for operation in agent.operations:
        event = event_of(operation)
        name = operation_name(event) if event else None
        if name is None or name in views:
            continue
        if operation.response is None:
            imports.agent("Payload")
        else:
            imports.add(agent.home_of(operation.name).dotted, response_name(operation))
        anything: dict[str, JsonValue] = {"payload": {"note": "any object"}}
        sample = anything if operation.response is None else record(operation.response)
        views[name] = EventView(event, f"publish_{name}", response_name(operation), sample)
    return PublisherView(tuple(views.values()))


def view_subscriber(
    plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports
) -> tuple[tuple[str, dict[str, str]], ...]:
    """Sources with their events, and the operation that each leads to."""
    imports.agent("Observation")
    return view_surface(plan, agent).observes


@dataclass(frozen=True, slots=True)
class ClientCallView:
    """A typed call of another agent's operation; `packet` is the packet type where it is sent as one."""

    name: str
    peer: str
    summary: str
    packet: str
    request: str
    answer: str
    models: tuple[ModelView, ...]
    arguments: dict[str, JsonValue]
    said: dict[str, JsonValue]
    declared: bool


def view_client(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[ClientCallView, ...]:
    """Calls of what the wirings and routes of the agent ask of the peer, typed as the peer declares them."""
    imports.agent("OperationContext")
    peer = plan.agent(module.subject)
    views = []
    for operation, packet in _asked(plan, agent, peer):
        views.append(_call(operation, peer, packet, imports))
    return tuple(views)


def _asked(plan: Plan, agent: AgentPlan, peer: AgentPlan) -> list[tuple[OperationPlan, str]]:
    """The peer's operations that the agent may ask for, each with the packet type that leads to it, if any."""
    wanted: dict[str, str] = {}
    for edge in agent.edges:
        if edge.source == agent.id and edge.target == peer.id:
            if edge.kind is EdgeKind.API_CALL:
                wanted |= {str(operation_name(name)): "" for name in edge.names}
            elif edge.kind is EdgeKind.PACKET_SEND:
                wanted |= {str(operation_name(name)): name for name in edge.names}
    for own in agent.operations:
        to = getattr(own.behaviour, "to", "")
        if to.startswith(f"{peer.id}."):
            wanted.setdefault(to.rpartition(".")[2], "")
    return [(operation, wanted[operation.name]) for operation in peer.operations if operation.name in wanted]


def _call(operation: OperationPlan, peer: AgentPlan, packet: str, imports: Imports) -> ClientCallView:
    words, models = operation.name.replace("_", " "), []
    request, answer = f"{class_name(operation.name)}Request", f"{class_name(operation.name)}Answer"
    if operation.request is None:
        imports.add("collections.abc", "Mapping")
        imports.add("typing", "Any")
    else:
        models.append(model(request, f"What {peer.spec.name} takes for {words}.", operation.request, imports))
    if operation.response is None:
        imports.agent("Payload")
    else:
        imports.add("pydantic", "ConfigDict")
        models.append(model(answer, f"What {peer.spec.name} answers to {words}.", operation.response, imports))
    undeclared: dict[str, JsonValue] = {"note": "any object"}
    return ClientCallView(
        name=operation.name,
        peer=peer.id,
        summary=operation.summary,
        packet=packet,
        request=request if operation.request is not None else "Mapping[str, Any]",
        answer=answer if operation.response is not None else "Payload",
        models=tuple(models),
        arguments=undeclared if operation.request is None else record(operation.request),
        said=undeclared if operation.response is None else record(operation.response),
        declared=operation.response is not None,
    )


@dataclass(frozen=True, slots=True)
class CoordinatorView:
    """Every operation of other agents that may be asked, as `agent.operation`, each with what is sent and said."""

    calls: tuple[ClientCallView, ...]

    @property
    def wired(self) -> tuple[str, ...]:
        """The names."""
        return tuple(f"{call.peer}.{call.name}" for call in self.calls)

    @property
    def peers(self) -> tuple[str, ...]:
        """The agents, each once."""
        return tuple(dict.fromkeys(call.peer for call in self.calls))


def view_coordinator(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> CoordinatorView:
    """All that the wirings and routes of the agent ask of others."""
    imports.agent("OperationContext")
    imports.add("collections.abc", "Mapping")
    imports.add("typing", "Any")
    others = (peer for peer in plan.agents if peer.id != agent.id)
    known = [_call(op, peer, packet, Imports()) for peer in others for op, packet in _asked(plan, agent, peer)]
    unknown = [
        _outside(edge.target, str(operation_name(name)))
        for edge in agent.edges
        if edge.external and edge.source == agent.id and edge.kind in (EdgeKind.API_CALL, EdgeKind.PACKET_SEND)
        for name in edge.names
    ]
    return CoordinatorView((*known, *unknown))


def _outside(peer: str, name: str) -> ClientCallView:
    """A call of an agent of another collection, of whose operation nothing but the name is known."""
    anything: dict[str, JsonValue] = {"note": "any object"}
    return ClientCallView(
        name, line(peer), "", "", "Mapping[str, Any]", "Payload", (), anything, anything, declared=False
    )
