"""Memory and governance bridges: declarations, and typed functions over what the schema declares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.agent import MemoryKind, MemoryLayer
from l9stack.model.plan import AgentPlan
from l9stack.names import identifier
from l9stack.planning.keyspaces import keyspace
from l9stack.rendering.imports import Imports
from l9stack.rendering.quoting import line, python


@dataclass(frozen=True, slots=True)
class FinderView:
    """A function that finds decisions by one indexed field."""

    name: str
    field: str


@dataclass(frozen=True, slots=True)
class ShapeView:
    """A function that makes the properties of a node or an edge."""

    name: str
    kind: str
    label: str
    parameters: str
    entries: str
    labels: tuple[str, ...]

    @property
    def values(self) -> list[str]:
        """Values for a test, one a property."""
        return [f"v{number}" for number, _ in enumerate(self.labels, start=1)]

    @property
    def made(self) -> dict[str, str]:
        """The properties that those values make."""
        return dict(zip(self.labels, self.values, strict=True))


@dataclass(frozen=True, slots=True)
class FactorView:
    """A function that picks what a factor bears on."""

    name: str
    factor: str
    influences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemoryView:
    """A memory bridge: the declaration's arguments in order, and its functions."""

    layers: tuple[tuple[str, str], ...]
    finders: tuple[FinderView, ...]
    shapes: tuple[ShapeView, ...]
    factors: tuple[FactorView, ...]


_DEFAULT_TTL = 3600
MAX_FUNCTIONS = 8
"""Functions of one kind in one bridge; the declaration holds all, whatever their number."""


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


def view_memory(agent: AgentPlan, imports: Imports) -> MemoryView:
    """The view of an agent's memory bridge; imports are added."""
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
    taken: set[str] = {"MEMORY"}
    finders = tuple(_finders(agent, taken))
    shaped = tuple(_shapes(agent, taken))
    caused = tuple(_factors(agent, taken))
    if finders:
        imports.agent("OperationContext")
        imports.add("typing", "Any")
    if shaped or caused:
        imports.add("typing", "Any")
    if caused:
        imports.add("collections.abc", "Mapping")
    return MemoryView(tuple(layers), finders, shaped, caused)


def _frozen(value: JsonValue) -> object:
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _fresh(text: str, taken: set[str]) -> str | None:
    name = identifier(text)
    if name is None or name in taken:
        return None
    taken.add(name)
    return name


def _finders(agent: AgentPlan, taken: set[str]) -> Iterable[FinderView]:
    layer = agent.spec.layer(MemoryKind.EPISODIC)
    for field in (layer.index_by if layer else ())[:MAX_FUNCTIONS]:
        name = _fresh(f"find_by_{field}", taken)
        if name and identifier(field) == field:
            yield FinderView(name, field)


def _shapes(agent: AgentPlan, taken: set[str]) -> Iterable[ShapeView]:
    layer = agent.spec.layer(MemoryKind.SEMANTIC)
    for shape in (layer.structure if layer else ())[:MAX_FUNCTIONS]:
        pairs = [(identifier(field), line(field)) for field in shape.fields]
        parameters = [name for name, _ in pairs if name]
        if not parameters or len(set(parameters)) != len(pairs):
            continue
        if name := _fresh(f"{shape.name}_{shape.kind}", taken):
            entries = ", ".join(f"{python(label)}: {parameter}" for parameter, label in pairs)
            typed = ", ".join(f"{parameter}: str" for parameter in parameters)
            yield ShapeView(name, shape.kind, line(shape.name), typed, entries, tuple(label for _, label in pairs))


def _factors(agent: AgentPlan, taken: set[str]) -> Iterable[FactorView]:
    layer = agent.spec.layer(MemoryKind.CAUSAL)
    for item in (layer.factors if layer else ())[:MAX_FUNCTIONS]:
        if item.influences and (name := _fresh(f"influenced_by_{item.factor}", taken)):
            yield FactorView(name, line(item.factor), tuple(line(text) for text in item.influences))


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
