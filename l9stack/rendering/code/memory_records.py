"""Typed records of semantic and causal memory, and the functions that keep and read them.

They stand in the module that the schema lists for it (`semantic_updater`, `causal_tracer`), else in the memory bridge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydantic import JsonValue

from l9stack.model.agent import GraphShape, MemoryKind
from l9stack.model.plan import AgentPlan, ModulePlan
from l9stack.names import class_name, identifier
from l9stack.printable import line
from l9stack.rendering.code.typed_names import TypedName, import_for, typed_name, typed_names
from l9stack.rendering.imports import Imports

MAX_FUNCTIONS = 8
"""Records of one kind in one module; the declaration holds all, whatever their number."""


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class of a module: its name, what it is, and its fields with their annotations."""

    name: str
    summary: str
    fields: tuple[TypedName, ...]

    @property
    def values(self) -> dict[str, JsonValue]:
        """A value for each field, for tests."""
        return {item.name: item.value for item in self.fields}


@dataclass(frozen=True, slots=True)
class EndView:
    """One end of an edge, or a node itself: the entity's kind, and the field that holds its key."""

    kind: str
    field: TypedName

    def of(self, record: str) -> str:
        """Source of the key in a record, as text."""
        return self.field.as_text(f"{record}.{self.field.name}")


@dataclass(frozen=True, slots=True)
class ShapeView:
    """A node or an edge that is kept: its record, its function, and its end or ends."""

    kind: str
    label: str
    function: str
    record: ClassView
    ends: tuple[EndView, ...]
    keep: str
    """The library's function, by the name that the module knows it by."""


@dataclass(frozen=True, slots=True)
class FactorView:
    """A causal factor: its record, of the value and of what it bore on, and the function that reads it."""

    factor: str
    function: str
    record: ClassView
    value: str
    """The annotation of the factor's own value."""
    sample: JsonValue
    """A value of it, for tests."""
    choices: tuple[str, ...]
    """All its values, where they are few."""


def home_of(agent: AgentPlan, family: str) -> ModulePlan | None:
    """The module that holds what `family` is for: its own, else the memory bridge."""
    return agent.module_of(family) or agent.module_of("memory_bridge")


def shape_views(agent: AgentPlan, imports: Imports) -> tuple[ShapeView, ...]:
    """Every node and edge of semantic memory that can be kept by a key; imports are added."""
    layer = agent.spec.layer(MemoryKind.SEMANTIC)
    shapes = layer.structure if layer else ()
    entities = _entities(agent, shapes)
    views: list[ShapeView] = []
    for shape in shapes:
        fields = typed_names(agent, shape.fields)
        name = identifier(shape.name)
        ends = _node_end(shape, fields) if shape.kind == "node" else _edge_ends(fields, entities)
        function = f"keep_{name}"
        if not name or not ends or function in {view.function for view in views} or len(views) == MAX_FUNCTIONS:
            continue
        label = line(shape.name)
        summary = f"A `{label}` {shape.kind} of the graph."
        record = ClassView(f"{class_name(name)}{shape.kind.capitalize()}", summary, fields)
        views.append(ShapeView(shape.kind, label, function, record, ends, f"keep_{shape.kind}"))
    if views:
        imports.agent("OperationContext", "Record")
        imports.add("l9stack.agent.knowledge", *(view.keep for view in views))
        imports.reserve(*(view.function for view in views))
        import_for((item for view in views for item in view.record.fields), imports)
    return tuple(replace(view, keep=imports.local(view.keep)) for view in views)


def _entities(agent: AgentPlan, shapes: Iterable[GraphShape]) -> dict[str, str]:
    """What a key's name says that it is a key of, where nodes of another name have that key."""
    found: dict[str, str] = {}
    for shape in shapes:
        end = _node_end(shape, typed_names(agent, shape.fields)) if shape.kind == "node" else ()
        for item in end:
            found.setdefault(_stem(item.field.name), item.kind)
            found[str(identifier(shape.name))] = item.kind
    return found


def _node_end(shape: GraphShape, fields: tuple[TypedName, ...]) -> tuple[EndView, ...]:
    wanted = f"{identifier(shape.name)}_id"
    keys = [item for item in fields if item.name == wanted] or [item for item in fields if item.name.endswith("_id")]
    return (EndView(line(shape.name), keys[0]),) if keys else ()


def _edge_ends(fields: tuple[TypedName, ...], entities: dict[str, str]) -> tuple[EndView, ...]:
    """The first two keys: fields that end in `_id`, or that begin with `source_` and `target_`."""
    keys = [item for item in fields if item.name.endswith("_id")]
    if len(keys) < 2:
        keys = [item for item in fields if item.name.startswith(("source_", "target_"))]
    if len(keys) < 2:
        return ()
    stems = [_stem(item.name) for item in keys[:2]]
    ends = zip(stems, keys, strict=False)
    return tuple(EndView(entities.get(stem, stem), item) for stem, item in ends)


def _stem(name: str) -> str:
    return name.removesuffix("_id").removeprefix("source_").removeprefix("target_")


def factor_views(agent: AgentPlan, imports: Imports) -> tuple[FactorView, ...]:
    """Every factor of causal memory; imports are added."""
    layer = agent.spec.layer(MemoryKind.CAUSAL)
    views: list[FactorView] = []
    for item in layer.factors if layer else ():
        own = typed_name(agent, item.factor)
        influences = tuple(one for text in item.influences if (one := typed_name(agent, text)) and one.name == text)
        if own is None or not influences or own.name in {view.function.removeprefix("trace_") for view in views}:
            continue
        if len(views) == MAX_FUNCTIONS:
            break
        label = line(item.factor)
        told = ", ".join(f"`{one.name}`" for one in influences)
        optional = tuple(replace(one, annotation=f"{one.annotation} | None") for one in influences)
        summary = f"What `{label}` was in a decision, and what it bore on: {told}."
        record = ClassView(f"{class_name(own.name)}Factor", summary, optional)
        views.append(FactorView(label, f"trace_{own.name}", record, own.annotation, own.value, own.choices))
    if views:
        imports.agent("OperationContext", "Record")
        imports.add("l9stack.agent.knowledge", "causes")
        for view in views:
            import_for((*view.record.fields, TypedName("value", view.value, None)), imports)
    return tuple(views)
