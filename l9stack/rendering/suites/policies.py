"""Values at and beside the thresholds of each escalation rule, with the rules that have to fire."""

from __future__ import annotations

from typing import Any

from l9stack.model.plan import AgentPlan, Comparison
from l9stack.rendering.cases import fired_rules
from l9stack.rendering.fields import number

_STEP = 0.01


def policy_cases(agent: AgentPlan) -> list[tuple[dict[str, Any], list[str]]]:
    """Values that no rule is about; then for each rule: it fires, and each comparison is just missed, met, left out."""
    found: list[dict[str, Any]] = [{}, {"nobody_declared_this": -1e9}, {"nobody_declared_this": "text"}]
    for rule in agent.rules:
        firing = {comparison.field: _holding(comparison) for comparison in rule.comparisons}
        found.append(firing)
        for comparison in rule.comparisons:
            values = (comparison.number - _STEP, comparison.number, comparison.number + _STEP)
            found.extend({**firing, comparison.field: number(round(value, 6))} for value in values)
            found.append({name: value for name, value in firing.items() if name != comparison.field})
            found.append({**firing, comparison.field: "text"})
            found.append({**firing, comparison.field: True})
    unique: list[dict[str, Any]] = []
    for values_of in found:
        if not any(repr(values_of) == repr(known) for known in unique):
            unique.append(values_of)
    return [(values_of, list(fired_rules(agent, values_of))) for values_of in unique]


def _holding(comparison: Comparison) -> float | int:
    """A value for which the comparison holds."""
    shift = {"<": -1.0, "<=": 0.0, ">": 1.0, ">=": 0.0, "==": 0.0, "!=": 1.0}[comparison.operator]
    return number(comparison.number + shift)
