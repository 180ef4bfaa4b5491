"""Families that read and keep what memory holds: world model, enricher, event log, cache, metrics, drift."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.agent import MemoryKind
from l9stack.model.plan import AgentPlan, ModulePlan, Plan
from l9stack.names import identifier
from l9stack.printable import line
from l9stack.rendering.code.bridges import ttl_seconds
from l9stack.rendering.code.memory_records import shape_views
from l9stack.rendering.code.operations import request_name, response_name
from l9stack.rendering.code.typed_names import TypedName, import_for, typed_name
from l9stack.rendering.imports import Imports
from l9stack.rendering.samples import another_value, record


@dataclass(frozen=True, slots=True)
class EntityView:
    """An entity that the agent deals with: the function that looks it up, its kind, and the field of its key."""

    function: str
    kind: str
    field: TypedName

    @property
    def key(self) -> str:
        """Source of the key as text."""
        return self.field.as_text(self.field.name)


def entities(agent: AgentPlan) -> tuple[EntityView, ...]:
    """Nodes of its graph, and what its requests name by an id."""
    found: dict[str, EntityView] = {}
    for shape in shape_views(agent, Imports()):
        if shape.kind == "node":
            found[shape.label] = EntityView(f"about_{identifier(shape.label)}", shape.label, shape.ends[0].field)
    for kind, field in named_entities(agent).items():
        found.setdefault(kind, EntityView(f"about_{kind}", kind, field))
    return tuple(found.values())


def named_entities(agent: AgentPlan) -> dict[str, TypedName]:
    """What requests of the agent name by an id: the kind of entity, as decisions refer to it, and the field."""
    names = dict.fromkeys(
        spec.name for operation in agent.operations for spec in operation.request or () if spec.name.endswith("_id")
    )
    fields = {name.removesuffix("_id"): typed_name(agent, name) for name in names if name != "_id"}
    return {kind: field for kind, field in fields.items() if kind and field is not None}


def view_world(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[EntityView, ...]:
    """One look-up for each entity."""
    imports.agent("OperationContext")
    imports.add("l9stack.agent.knowledge", "Entity", "read_entity")
    found = entities(agent)
    import_for((item.field for item in found), imports)
    return found


@dataclass(frozen=True, slots=True)
class EnricherView:
    """Fields by which earlier decisions are found, and those that name entities of the graph, with their kinds."""

    indexed: tuple[TypedName, ...]
    entities: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The indexed fields."""
        return tuple(item.name for item in self.indexed)

    @property
    def values(self) -> dict[str, JsonValue]:
        """A request for tests."""
        return {item.name: item.value for item in self.indexed}


def view_enricher(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> EnricherView:
    """Earlier decisions by the declared indexes; the graph's knowledge where there is a semantic layer."""
    imports.agent("OperationContext", "Record")
    imports.add("collections.abc", "Mapping")
    imports.add("typing", "Any")
    layer = agent.spec.layer(MemoryKind.EPISODIC)
    indexed = [field for text in (layer.index_by if layer else ()) if (field := typed_name(agent, text))]
    named = named_entities(agent) if agent.spec.layer(MemoryKind.SEMANTIC) else {}
    if named:
        imports.add("l9stack.agent.knowledge", "Entity", "read_entity")
    return EnricherView(tuple(indexed), {field.name: kind for kind, field in named.items()})


@dataclass(frozen=True, slots=True)
class EventLogView:
    """An audited event: its function, its name in the chain, and the schema's own words."""

    function: str
    event: str
    text: str


def view_events(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[EventLogView, ...]:
    """One function for each item of the audit scope."""
    imports.agent("OperationContext")
    imports.add("pydantic", "JsonValue")
    found: dict[str, EventLogView] = {}
    for item in agent.spec.governance.audit_scope:
        if name := identifier(item):
            found.setdefault(name, EventLogView(f"log_{name}", name, line(item)))
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class CachedView:
    """An operation whose answers can be kept, with values for tests."""

    name: str
    request: str
    response: str
    arguments: dict[str, JsonValue]
    said: dict[str, JsonValue]
    other: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class CacheView:
    """For how long answers are kept, and of which operations."""

    ttl_seconds: int
    operations: tuple[CachedView, ...]
    keep: str
    """The library's functions, by the names that the module knows them by."""
    read: str


def view_cache(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> CacheView:
    """Two functions for each operation whose request and response are declared."""
    imports.agent("OperationContext")
    imports.add("l9stack.agent.knowledge", "keep_answer", "read_answer")
    layer = agent.spec.layer(MemoryKind.WORKING)
    found = []
    for operation in agent.operations:
        if not operation.request or not operation.response or operation.behaviour.kind in ("query_memory", "record"):
            continue
        imports.add(agent.home_of(operation.name).dotted, request_name(operation), response_name(operation))
        imports.reserve(f"keep_{operation.name}", f"kept_{operation.name}")
        arguments = record(operation.request)
        found.append(
            CachedView(
                operation.name,
                request_name(operation),
                response_name(operation),
                arguments,
                record(operation.response),
                _another(agent, operation.name, arguments),
            )
        )
    seconds = ttl_seconds(agent, layer) if layer else 0
    return CacheView(seconds, tuple(found), imports.local("keep_answer"), imports.local("read_answer"))


def _another(agent: AgentPlan, name: str, arguments: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Another good request; the same where there is no other."""
    for spec in agent.operation(name).request or ():
        if (value := another_value(spec)) != arguments[spec.name]:
            return {**arguments, spec.name: value}
    return arguments


def view_metrics(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[str, ...]:
    """The operations that are counted."""
    imports.agent("OperationContext")
    imports.add("l9stack.agent.knowledge", "Activity", "activity")
    return tuple(operation.name for operation in agent.operations)


@dataclass(frozen=True, slots=True)
class DriftView:
    """The figures that are watched, and the trigger of the policy that speaks of drift; empty where none does."""

    fields: tuple[str, ...]
    trigger: str


def view_drift(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> DriftView:
    """Every number in an answer; a trigger that names drift or an anomaly is raised where one has moved."""
    imports.agent("OperationContext")
    imports.add("l9stack.agent.knowledge", "Drift", "drift")
    names = dict.fromkeys(
        spec.name
        for operation in agent.operations
        for spec in operation.response or ()
        if spec.type in ("integer", "number")
    )
    words = ("drift", "anomal")
    trigger = next((t.name for t in agent.triggers if any(word in t.name.lower() for word in words)), "")
    return DriftView(tuple(names), trigger)
