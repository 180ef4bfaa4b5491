"""What documents tell of an agent beside its operations and its memory: rules, modules, descriptions."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.plan import AgentPlan, Comparison, EscalationRule, ModulePlan, OperationPlan, Plan
from l9stack.planning.catalogue import ROWS
from l9stack.rendering.families import printing

_NUMBERS = ("integer", "number", "any")
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RuleDoc:
    """An escalation rule as a condition, with the sentence that it comes from and the operations it may fire for."""

    name: str
    condition: str
    text: str
    operations: tuple[str, ...]


def rules(agent: AgentPlan) -> tuple[RuleDoc, ...]:
    """The executable rules, in the policy's order."""
    return tuple(
        RuleDoc(
            name=rule.name,
            condition=rule.condition,
            text=rule.text,
            operations=tuple(op.name for op in agent.operations if _may_fire(rule, op)),
        )
        for rule in agent.rules
    )


def _may_fire(rule: EscalationRule, operation: OperationPlan) -> bool:
    """Whether an answer of the operation can have what the rule compares; fields that nobody declared may be there."""
    if operation.request is None or operation.response is None:
        names = {comparison.field for comparison in rule.comparisons}
    else:
        numbers = (spec for spec in (*operation.request, *operation.response) if spec.type in _NUMBERS)
        names = {spec.name for spec in numbers}
    own = tuple(comparison for comparison in rule.comparisons if comparison.field == "criticality")
    others = {comparison.field for comparison in rule.comparisons if comparison.field != "criticality"}
    return others <= names and all(fires(c, operation.criticality) for c in own)


def fires(comparison: Comparison, value: float) -> bool:
    """Whether the comparison holds for a value."""
    return _OPERATORS[comparison.operator](value, comparison.number)


def raisers(plan: Plan, agent: AgentPlan) -> tuple[tuple[str, str, str], ...]:
    """Files with functions that raise triggers: path, function, and the trigger where it is always the same."""
    found = [
        (module.path, *raised)
        for module in agent.modules
        if (raised := printing(module).raises(plan, agent, module)) is not None
    ]
    return tuple(sorted(found, key=lambda row: bool(row[2])))  # those that raise any trigger come first


@dataclass(frozen=True, slots=True)
class ModuleDoc:
    """One file: what it holds, and what the glue says about it."""

    path: str
    dotted: str
    holds: str
    offers: tuple[str, ...]
    """Functions of its own, beside operations, that the agent's code may call."""
    operations: tuple[str, ...]
    functions: tuple[tuple[str, str, str], ...]
    """Signature or name, docstring, logic."""
    models: tuple[str, ...]
    rules: tuple[str, ...]
    requires: tuple[str, ...]


def modules(agent: AgentPlan) -> tuple[ModuleDoc, ...]:
    """The agent's files, in the schema's order."""
    return tuple(_module(agent, module) for module in agent.modules)


def _module(agent: AgentPlan, module: ModulePlan) -> ModuleDoc:
    mapping = module.mapping
    return ModuleDoc(
        path=module.path,
        dotted=module.dotted,
        holds=ROWS[module.family].holds.format(module.subject),
        offers=printing(module).offers(agent),
        operations=module.operations,
        functions=tuple((f.signature or f.name, f.docstring, f.logic) for f in mapping.functions) if mapping else (),
        models=tuple(model.name for model in mapping.models) if mapping else (),
        rules=mapping.rules if mapping else (),
        requires=mapping.requires if mapping else (),
    )


@dataclass(frozen=True, slots=True)
class SectionDoc:
    """A descriptive part of the schema: its name, and its values by dotted name."""

    name: str
    rows: tuple[tuple[str, str], ...]


def schema_sections(agent: AgentPlan) -> tuple[SectionDoc, ...]:
    """The parts of the schema that nothing else uses, in its order."""
    return tuple(SectionDoc(name, tuple(_flat(value, ""))) for name, value in agent.spec.description.items())


def _flat(value: JsonValue, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for place, item in enumerate(value, start=1):
            yield from _flat(item, f"{name}.{place}" if name else str(place))
    elif isinstance(value, list):
        yield name, ", ".join(str(item) for item in value) or "none"
    else:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
