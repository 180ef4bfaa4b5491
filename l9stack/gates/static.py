"""Phases 0, 2, 3 and 5: everything that can be measured without running the code."""

from __future__ import annotations

from pathlib import Path

from l9stack.errors import InputError
from l9stack.gates import (  # noqa: F401 - importing a module registers its gates
    baseline,
    custom,
    enforcement,
    evaluation,
    implementation,
    recursion,
    research,
)
from l9stack.gates.registry import AGENT_GATES, COLLECTION_GATES, result, rows_of, unknown_gates
from l9stack.gates.syntax import ParsedTree
from l9stack.model.artifact import RenderedTree
from l9stack.model.evidence import GateResult
from l9stack.model.plan import Plan


def static_checks(plan: Plan, tree: RenderedTree, folder: Path) -> tuple[GateResult, ...]:
    """Measure every static gate that the checklist asks for; `folder` holds the tree on disk, for the linter.

    Raises:
        InputError: the checklist names a gate that nothing measures.
    """
    check_gates(plan)
    scene = ParsedTree(plan, tree, folder)
    results = []
    for row in rows_of(plan):
        if row.gate in COLLECTION_GATES:
            results.append(result(row, None, COLLECTION_GATES[row.gate](scene)))
        elif row.gate in AGENT_GATES:
            measure = AGENT_GATES[row.gate]
            results += [result(row, agent.id, measure(scene, agent)) for agent in plan.agents]
        elif row.check is not None:
            results += [result(row, agent.id, custom.measure(scene, agent, row.check)) for agent in plan.agents]
    return tuple(results)


def check_gates(plan: Plan) -> None:
    """Refuse a checklist with gates that nothing measures.

    Raises:
        InputError: naming each such gate and its place.
    """
    problems = unknown_gates(plan.gates)
    if problems:
        raise InputError(problems)
