"""What fields are compared to in expressions and rules: there behaviour changes, and there tests look."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from pydantic import JsonValue

from l9stack.model.glue import RouteBehaviour
from l9stack.model.plan import AgentPlan
from l9stack.planning.expressions import parse


def thresholds(agent: AgentPlan, texts: Iterable[str]) -> dict[str, set[float]]:
    """Numbers that fields are compared to, in expressions and in escalation rules."""
    found: dict[str, set[float]] = defaultdict(set)
    for text in texts:
        for name, numbers in _compared(text):
            found[name].update(numbers)
    for rule in agent.rules:
        for comparison in rule.comparisons:
            found[comparison.field].add(comparison.number)
    return found


@lru_cache(maxsize=2048)
def _compared(text: str) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Each name in a comparison of an expression, with the numbers of that comparison."""
    found: list[tuple[str, tuple[float, ...]]] = []
    for node in ast.walk(parse(text).tree):
        if isinstance(node, ast.Compare):
            parts = [part for side in (node.left, *node.comparators) for part in ast.walk(side)]
            numbers = tuple(
                part.value
                for part in parts
                if isinstance(part, ast.Constant)
                and isinstance(part.value, int | float)
                and not isinstance(part.value, bool)
            )
            found.extend((part.id, numbers) for part in parts if isinstance(part, ast.Name))
    return tuple(found)


def words(texts: Iterable[str]) -> dict[str, list[str]]:
    """Texts that fields are compared to."""
    found: dict[str, list[str]] = defaultdict(list)
    for node in (node for text in texts for node in ast.walk(parse(text).tree) if isinstance(node, ast.Compare)):
        parts = [part for side in (node.left, *node.comparators) for part in ast.walk(side)]
        words = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        for name in (part.id for part in parts if isinstance(part, ast.Name)):
            found[name].extend(words)
    return found


def answer_thresholds(
    agent: AgentPlan, route: RouteBehaviour, request: Mapping[str, JsonValue]
) -> dict[str, set[float]]:
    """Numbers that fields of a peer's answer are compared to, in assignments to a request and in escalation rules."""
    found: dict[str, set[float]] = defaultdict(set)
    for text in route.assign.values():
        for node in ast.walk(parse(text).tree):
            sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            numbers = [number for side in sides if (number := _number(side, request)) is not None]
            for side in sides:
                for part in ast.walk(side):
                    if isinstance(part, ast.Attribute):
                        found[part.attr].update(numbers)
    for rule in agent.rules:
        for comparison in rule.comparisons:
            found[comparison.field].add(comparison.number)
    return found


def _number(side: ast.expr, request: Mapping[str, JsonValue]) -> float | None:
    """The number that one side of a comparison is: itself, or as the request has it."""
    value: object = None
    match side:
        case ast.Constant():
            value = side.value
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="request"), attr=name):
            value = request.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
