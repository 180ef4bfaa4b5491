"""Memory and governance bridges: declarations, and typed functions over what the schema declares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydantic import JsonValue

from l9stack.model.agent import MemoryKind, MemoryLayer
from l9stack.model.plan import AgentPlan
from l9stack.names import identifier
from l9stack.planning.keyspaces import keyspace
from l9stack.printable import line
from l9stack.rendering.code.memory_records import MAX_FUNCTIONS, FactorView, ShapeView, factor_views, shape_views
from l9stack.rendering.code.typed_names import TypedName, import_for, typed_name
from l9stack.rendering.imports import Imports
from l9stack.rendering.memo import memoize
from l9stack.rendering.quoting import python


@dataclass(frozen=True, slots=True)
class FinderView:
    """A function that finds decisions by one indexed field of their request."""

    name: str
    key: str
    field: TypedName


@dataclass(frozen=True, slots=True)
class MemoryView:
    """A memory bridge: the declaration's arguments in order, its finders, and what no module of its own holds."""

    layers: tuple[tuple[str, str], ...]
    finders: tuple[FinderView, ...] = ()
    shapes: tuple[ShapeView, ...] = ()
    factors: tuple[FactorView, ...] = ()

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of its functions."""
        names = (finder.name for finder in self.finders)
        return (*names, *(shape.function for shape in self.shapes), *(factor.function for factor in self.factors))


_DEFAULT_TTL = 3600


def ttl_seconds(agent: AgentPlan, layer: MemoryLayer) -> int:
    """The lifetime of working memory: the layer's own, else the shared setting."""
    if layer.ttl_seconds is not None:
        return layer.ttl_seconds
    shared = next((s.value for s in agent.settings if s.name == "memory.redis.ttl_seconds"), _DEFAULT_TTL)
    return int(shared) if isinstance(shared, int | float | str) else _DEFAULT_TTL


def shapes(layer: MemoryLayer, kind: str) -> dict[str, JsonValue]:
    """Node or edge types with their fields, as data."""
    return {
        line(shape.name): [line(field) for field in shape.fields] for shape in layer.structure if shape.kind == kind
    }


def factors(layer: MemoryLayer) -> dict[str, JsonValue]:
    """Causal factors with what they influence, as data."""
    return {line(item.factor): [line(name) for name in item.influences] for item in layer.factors}


def declaration(agent: AgentPlan, layer: MemoryLayer) -> dict[str, JsonValue]:
    """The facts of one layer, by the names of its declaration."""
    match layer.kind:
        case MemoryKind.WORKING:
            return {
                "keyspace": line(keyspace(agent.spec, layer, agent.settings)),
                "ttl_seconds": ttl_seconds(agent, layer),
            }
        case MemoryKind.EPISODIC:
            return {"index_by": [line(name) for name in layer.index_by], "retention": line(layer.retention)}
        case MemoryKind.SEMANTIC:
            return {"nodes": shapes(layer, "node"), "edges": shapes(layer, "edge")}
        case MemoryKind.CAUSAL:
            return {"factors": factors(layer)}
        case _:
            return {"retention": line(layer.retention)}


def declare_memory(agent: AgentPlan, imports: Imports) -> MemoryView:
    """The declaration alone; imports are added."""
    imports.agent("MemoryDeclaration")
    layers: list[tuple[str, str]] = []
    for layer in agent.spec.memory:
        name = f"{layer.kind.value.capitalize()}Layer"
        imports.agent(name)
        arguments = ", ".join(
            f"{key}={python(_frozen(value))}"
            for key, value in declaration(agent, layer).items()
            if value not in ([], {}, "")
        )
        layers.append((layer.kind.value, f"{name}({arguments})"))
    return MemoryView(tuple(layers))


def view_memory(agent: AgentPlan, imports: Imports) -> MemoryView:
    """The view of an agent's memory bridge; imports are added."""
    declared = declare_memory(agent, imports)
    finders = tuple(_finders(agent))
    if finders:
        imports.agent("OperationContext")
        imports.add("typing", "Any")
        import_for((finder.field for finder in finders), imports)
    shapes = () if agent.module_of("semantic_updater") else shape_views(agent, imports)
    factors = () if agent.module_of("causal_tracer") else factor_views(agent, imports)
    return MemoryView(declared.layers, finders, shapes, factors)


def _frozen(value: JsonValue) -> object:
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _finders(agent: AgentPlan) -> Iterable[FinderView]:
    layer = agent.spec.layer(MemoryKind.EPISODIC)
    for text in (layer.index_by if layer else ())[:MAX_FUNCTIONS]:
        field = typed_name(agent, text)
        if field and identifier(text) == text:
            if field.name in ("context", "limit"):  # which the function has besides
                field = replace(field, name=f"{field.name}_")
            yield FinderView(f"find_by_{text}", text, field)


@dataclass(frozen=True, slots=True)
class RuleView:
    """An escalation rule as source text."""

    name: str
    text: str
    comparisons: tuple[tuple[str, str, float], ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The comparisons as calls."""
        return tuple(f"Comparison({python(f)}, {python(o)}, {python(n)})" for f, o, n in self.comparisons)


@dataclass(frozen=True, slots=True)
class GovernanceView:
    """Everything that a policy declares, resolved."""

    anchors: tuple[str, ...]
    mode: str
    human_override: bool
    rules: tuple[RuleView, ...]
    triggers: tuple[tuple[str, str], ...]
    audit_scope: tuple[str, ...]
    unbound: str
    timeout_seconds: float


@memoize
def view_governance(agent: AgentPlan) -> GovernanceView:
    """The policy of an agent, from its schema and the settings that won."""
    values = {setting.name: setting.value for setting in agent.settings}
    timeout = values.get("governance.timeout_seconds", 86400)
    triggers = [(trigger.name, line(trigger.text)) for trigger in agent.triggers]
    return GovernanceView(
        anchors=tuple(line(anchor) for anchor in agent.anchors),
        mode=str(values.get("governance.mode", agent.spec.governance.mode)),
        human_override=agent.spec.governance.human_override,
        rules=tuple(
            RuleView(rule.name, line(rule.text), tuple((c.field, c.operator, c.number) for c in rule.comparisons))
            for rule in agent.rules
        ),
        triggers=tuple(triggers),
        audit_scope=tuple(line(item) for item in agent.spec.governance.audit_scope),
        unbound=str(values.get("governance.unbound_operations", "escalate")),
        timeout_seconds=float(timeout) if isinstance(timeout, int | float | str) else 86400.0,
    )
