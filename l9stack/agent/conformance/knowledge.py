"""Functions over semantic and causal memory: nodes and edges that are kept, entities that are looked up, factors."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from l9stack.agent import Record
from l9stack.agent.conformance._checks import ABSENT, Checks, changed, holds, raising, same
from l9stack.agent.conformance.memory import name_of
from l9stack.agent.knowledge._graph import Entity, keep_edge, keep_node, read_entity
from l9stack.agent.testing._agent import ServedAgent

__all__ = ["Choices", "DeclaredShape", "EntityKind", "Factor", "Keep", "about", "kept", "traced"]

Keep = Callable[[Any, Any], Awaitable[None]]
"""A generated function that keeps a node or an edge."""
Choices = Mapping[str, Sequence[str]]
"""The values that a field may have, by its name."""
_ENDS = (
    "MATCH (s:domain_entity {entity_id: $source})-[:RELATES {kind: $kind}]->(t:domain_entity) "
    "WHERE t.entity_id = $target RETURN s.entity_type AS source, t.entity_type AS target"
)
_COUNT = "MATCH (e:domain_entity {entity_type: $kind, entity_id: $key}) RETURN count(e) AS entities"
_LETTERS = "Zażółć 東京 ñ"
_HOSTILE = "'}) DETACH DELETE (n) //\"}) RETURN 1 //\\$key"


@dataclass(frozen=True, slots=True)
class DeclaredShape:
    """A node or an edge of the schema: its label, and its end or ends as kind of entity and field of the key.

    `values` are those of a good record; each field of `fresh` gets another value each time, for the graph is shared.
    """

    label: str
    ends: tuple[tuple[str, str], ...]
    values: Mapping[str, Any]
    fresh: Sequence[str] = ()
    choices: Choices = field(default_factory=dict)

    def another(self) -> dict[str, Any]:
        """The values of a record that nobody has kept yet, as far as its keys are free."""
        return {**self.values, **{name: uuid.uuid4().hex for name in self.fresh}}


async def kept(checks: Checks, agent: ServedAgent, keep: Keep, record: type[Record], shape: DeclaredShape) -> None:
    """What the function keeps is in the graph once, as it was given last, and nothing else is taken."""
    with checks.part(name_of(keep)):
        _takes(checks, record, shape)
        values = shape.another()
        (kind, key), *_ = shape.ends
        if len(shape.ends) == 1:
            before: dict[str, Any] = {**dict.fromkeys(values, "before"), key: values[key]}
            await keep(agent.context(), record.model_construct(**before))
        for _ in range(2):
            await keep(agent.context(), record.model_validate(values))
        if len(shape.ends) == 1:
            await _node(checks, agent, shape, values)
        else:
            await _edge(checks, agent, shape, values)
        with checks.negative("nothing is known of a key that nobody has kept"):
            found = await read_entity(agent.context(), kind, uuid.uuid4().hex)
            same((found.properties, found.neighbours), ({}, ()))
        if key in shape.fresh:
            with checks.negative("nothing of a key is run"):
                hostile = {**values, key: values[key] + _HOSTILE}
                await keep(agent.context(), record.model_construct(**hostile))
                found = await read_entity(agent.context(), kind, hostile[key])
                holds(found.properties if len(shape.ends) == 1 else found.neighbours, "it is not kept as it is")
            with checks.positive("letters of any script are kept as they are"):
                written = {**values, key: f"{uuid.uuid4().hex} {_LETTERS}"}
                await keep(agent.context(), record.model_construct(**written))
                found = await read_entity(agent.context(), kind, written[key])
                holds(found.properties if len(shape.ends) == 1 else found.neighbours, "nothing is known of that key")


async def _node(checks: Checks, agent: ServedAgent, shape: DeclaredShape, values: Mapping[str, Any]) -> None:
    ((kind, key),) = shape.ends
    found = await read_entity(agent.context(), kind, str(values[key]))
    with checks.positive("it is there once, however often it was kept"):
        rows = await agent.memory.connections.cypher(_COUNT, {"kind": kind, "key": str(values[key])})
        same([row["entities"] for row in rows], [1])
    with checks.positive("it is there as it was kept last"):
        same({name: found.properties.get(name) for name in values}, dict(values))
    with checks.positive("it names who kept it"):
        same(found.properties["kept_by"], agent.definition.id)


async def _edge(checks: Checks, agent: ServedAgent, shape: DeclaredShape, values: Mapping[str, Any]) -> None:
    (kind, key), (other, other_key) = shape.ends
    source, target = str(values[key]), str(values[other_key])
    with checks.positive("it is there once, however often it was kept"):
        same(_neighbours(await read_entity(agent.context(), kind, source)).count((shape.label, other, target)), 1)
    with checks.positive("it is seen from its other end, too"):
        found = _neighbours(await read_entity(agent.context(), other, target))
        holds((shape.label, kind, source) in found, f"{(shape.label, kind, source)} is not among {found}")
    with checks.positive("it leads from the first end to the second"):
        ends = {"kind": shape.label, "source": source, "target": target}
        rows = await agent.memory.connections.cypher(_ENDS, ends)
        holds({"source": kind, "target": other} in rows, f"{kind} to {other} is not among {rows}")


def _neighbours(found: Entity) -> list[tuple[str, str, str]]:
    return [(item.kind, item.entity_type, item.entity_id) for item in found.neighbours]


def _takes(checks: Checks, record: type[Record], shape: DeclaredShape) -> None:
    with checks.positive("what the schema declares is taken, and stays as it was given"):
        taken = record.model_validate(shape.values)
        same({name: getattr(taken, name) for name in shape.values}, dict(shape.values))
    _choices(checks, record, shape.values, shape.choices)
    for name in shape.values:
        with checks.negative(f"{name} has to be given"), raising(ValidationError, name):
            record.model_validate(changed(shape.values, {name: ABSENT}))
    for name in ("undeclared_field", "kept_by"):
        with checks.negative(f"{name} cannot be given"), raising(ValidationError, name):
            record.model_validate({**shape.values, name: "1"})


def _choices(checks: Checks, record: type[Record], values: Mapping[str, Any], choices: Choices) -> None:
    for name, options in choices.items():
        with checks.positive(f"each {name} that is declared is taken"):
            taken = [getattr(record.model_validate({**values, name: option}), name) for option in options]
            same(taken, list(options))


@dataclass(frozen=True, slots=True)
class Factor:
    """A causal factor: its name, a value of it, and values that it bore on; `choices` also of `value` itself."""

    name: str
    sample: Any
    bore_on: Mapping[str, Any]
    choices: Choices = field(default_factory=dict)


async def traced(
    checks: Checks,
    agent: ServedAgent,
    trace: Callable[..., Awaitable[Sequence[Record]]],
    record: type[Record],
    factor: Factor,
) -> None:
    """The function finds what the factor was in decisions, and what it bore on, beginning with the newest."""
    with checks.part(name_of(trace)):
        whole = {"value": factor.sample, **factor.bore_on}
        _choices(checks, record, whole, factor.choices)
        for name in ("undeclared_field", "decision_id"):
            with checks.negative(f"{name} is no part of it"), raising(ValidationError, name):
                record.model_validate({"value": factor.sample, name: "1"})
        with checks.negative("there is none without a value"), raising(ValidationError, "value"):
            record.model_validate({})
        await agent.remember({factor.name: factor.sample}, {**factor.bore_on, "something_else": 2})
        await agent.remember({factor.name: factor.sample}, {})
        found = await trace(agent.context(), 2)
        with checks.positive("what it bore on is found, and no more"):
            same(found[1].model_dump(mode="json"), whole)
        with checks.positive("the newest decision comes first"):
            same(found[0].model_dump(mode="json", exclude_none=True), {"value": factor.sample})
        with checks.negative("no more are found than are wanted"):
            same([len(await trace(agent.context(), limit)) for limit in (0, 1, 2)], [0, 1, 2])
        with checks.negative("decisions without it are passed over"):
            before = await trace(agent.context(), 50)
            for request in ({}, {"something_else": 1}, {factor.name: None}):
                await agent.remember(request, factor.bore_on)
            same(await trace(agent.context(), 50), before)


class _Mark(Record):
    """A property that says who kept an entity."""

    mark: str


@dataclass(frozen=True, slots=True)
class EntityKind:
    """An entity that the agent deals with: its kind and the field of its key; a key that is not free has a value."""

    kind: str
    key: str
    value: Any = ABSENT

    def another(self) -> Any:
        """A key: one that nobody has used yet where keys are free."""
        return uuid.uuid4().hex if self.value is ABSENT else self.value


async def about(
    checks: Checks, agent: ServedAgent, look_up: Callable[..., Awaitable[Entity]], entity: EntityKind
) -> None:
    """The function knows the properties, the neighbours and the decisions of an entity, and of no other one."""
    key, free = entity.another(), entity.value is ABSENT
    with checks.part(name_of(look_up)):
        mark = _Mark(mark=uuid.uuid4().hex)
        for properties in (_Mark(mark="before"), mark):
            await keep_node(agent.context(), entity.kind, str(key), properties)
        found = await look_up(agent.context(), key)
        with checks.positive("it is the entity of that key"):
            same((found.entity_type, found.entity_id), (entity.kind, str(key)))
        with checks.positive("its properties are those that were kept last"):
            same(found.properties["mark"], mark.mark)
        others = sorted(uuid.uuid4().hex for _ in range(2))
        for other in others:
            await keep_edge(agent.context(), "a mark", (entity.kind, str(key)), ("another", other), mark)
        for limit in (1, 2, 5):
            with checks.positive(f"up to {limit} of its neighbours are found"):
                near = (await look_up(agent.context(), key, limit)).neighbours
                marked = [n.entity_id for n in near if (n.kind, n.entity_type) == ("a mark", "another")]
                holds(len(near) <= limit, f"{len(near)} are found")
                if free:
                    same(marked, others[:limit])
                else:
                    holds(set(marked) <= set(others) or len(near) == limit, "they are others")
        if entity.key.removesuffix("_id") == entity.kind:
            decided = [await agent.remember({entity.key: key}, {}) for _ in range(3)]
            for limit in (1, 3):
                with checks.positive(f"the newest {limit} of the decisions about it are found"):
                    known_of = await look_up(agent.context(), key, limit)
                    same([item.decision_id for item in known_of.decisions], decided[::-1][:limit])
        for text in ("nobody has heard of it", "'}) RETURN 1 //", "*"):
            with checks.negative(f"nothing is known of {text}"):
                found = await look_up(agent.context(), f"{text} {uuid.uuid4().hex}")
                same((found.properties, found.neighbours, found.decisions), ({}, (), ()))
