"""What the families of the catalogue ask about an agent before they take one of its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from l9stack.model.agent import AgentSpec, GraphShape, MemoryKind
from l9stack.model.collection import Collection
from l9stack.model.glue import Binding, ConnectionType, ModuleMapping, RouteBehaviour
from l9stack.names import AgentId, identifier, operation_name
from l9stack.planning.agent_glue import AgentGlue
from l9stack.planning.escalation import read_policy
from l9stack.planning.graph import Directory
from l9stack.planning.signatures import NOTHING, Fields, models_of, shape_of


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """An agent, and what the collection's wirings and bindings say about it.

    `claimed` are files whose operations somebody named, in glue or answers: what a person says about a file counts
    more than the file's name.
    """

    agent: AgentSpec
    claimed: frozenset[str] = frozenset()
    modelled: frozenset[str] = frozenset()
    """Files whose models glue names."""
    peers: Mapping[str, AgentId] = field(default_factory=dict)
    """Agents of the collection that it calls, by every name that a file may give them."""
    calls: bool = False
    """Whether a wiring begins at it, or a route leads to another agent."""
    receives: bool = False
    sends: bool = False
    observes: bool = False
    publishes: bool = False
    requests: bool = False
    """Whether the request of one of its operations is declared."""
    answers: bool = False
    """Whether request and response of one of its operations are declared."""
    figures: bool = False
    """Whether one of its operations answers with a number."""
    entities: bool = False
    """Whether a request or its graph names an entity by its id."""
    keyed: bool = False
    """Whether its graph has a node or an edge that can be kept by a key."""
    rules: bool = False
    """Whether its escalation policy compares anything."""

    def layer(self, *kinds: MemoryKind) -> bool:
        """Whether it declares one of these memory layers."""
        return any(self.agent.layer(kind) is not None for kind in kinds)


def facts_of(agent: AgentSpec, collection: Collection, glue: AgentGlue, directory: Directory) -> AgentFacts:
    """The facts of one agent."""
    bindings, mappings = glue.bindings, glue.mappings
    ends = [(wiring, directory.find(wiring.from_agent), directory.find(wiring.to_agent)) for wiring in glue.wirings]
    packets = ConnectionType.PACKET_SEND
    calls = [(w, to) for w, source, to in ends if agent.id in source and w.connection_type != "event_observe"]
    heard = [w for w, _, to in ends if agent.id in to]
    asked = {target for _, to in calls for target in to}
    asked |= {
        target
        for binding in bindings.values()
        if isinstance(binding.behaviour, RouteBehaviour)
        for target in directory.find(binding.behaviour.to.rpartition(".")[0])
    }
    declared = list(_declared(bindings, mappings))
    shapes = [shape for layer in agent.memory for shape in layer.structure if _keyed(shape)]
    return AgentFacts(
        agent=agent,
        claimed=frozenset(
            [binding.module for binding in bindings.values() if binding.module]
            + [target for target, mapping in mappings.items() if mapping.functions]
        ),
        modelled=frozenset(target for target, mapping in mappings.items() if mapping.models),
        peers=_named(asked - {agent.id}, collection.agents),
        calls=bool(calls or asked),
        receives=any(w.connection_type is packets for w in heard),
        sends=any(w.connection_type is packets for w, _ in calls),
        observes=any(w.connection_type is ConnectionType.EVENT_OBSERVE for w in heard),
        publishes=any(b.publish or getattr(b.behaviour, "publish", "") for b in bindings.values()),
        requests=any(request for request, _ in declared),
        answers=any(request and response for request, response in declared),
        figures=any(spec.type in ("integer", "number") for _, response in declared for spec in response),
        entities=bool(shapes) or any(spec.name.endswith("_id") for request, _ in declared for spec in request),
        keyed=bool(shapes),
        rules=bool(read_policy(agent.governance.escalation_policy)[0]),
    )


def _declared(
    bindings: Mapping[str, Binding], mappings: Mapping[str, ModuleMapping]
) -> Iterator[tuple[Fields, Fields]]:
    """Request and response of each operation, as its binding says, else the signature that glue gives it."""
    models = models_of(mappings.values())
    functions = [function for mapping in mappings.values() for function in mapping.functions]
    # What is wrong with a signature is told where operations are gathered.
    signed = {operation_name(function.name): shape_of(function, models, []) for function in functions}
    bound = {operation_name(binding.operation): binding for binding in bindings.values()}
    for name in {**signed, **bound}:
        shape, binding = signed.get(name, NOTHING), bound.get(name)
        request = shape.request if binding is None or binding.request is None else binding.request
        response = shape.response if binding is None or binding.response is None else binding.response
        yield request or (), response or ()


def _keyed(shape: GraphShape) -> bool:
    """Whether its fields can be those of a record, and name the key of a node or of both ends of an edge."""
    names = [identifier(field) for field in shape.fields]
    if identifier(shape.name) is None or None in names or len(set(names)) != len(names):
        return False
    keys = [name for name in names if name and name.endswith("_id")]
    ends = [name for name in names if name and name.startswith(("source_", "target_"))]
    return bool(keys) if shape.kind == "node" else len(keys) > 1 or len(ends) > 1


def _named(ids: Iterable[AgentId], agents: Iterable[AgentSpec]) -> dict[str, AgentId]:
    """The agents by id, and by the last part of their root path."""
    wanted = set(ids)
    found: dict[str, AgentId] = {}
    for agent in agents:
        if agent.id in wanted:
            found[agent.root_path.rsplit("/", 1)[-1].lower()] = agent.id
            found[agent.id] = agent.id
    return found
