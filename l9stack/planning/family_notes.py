"""Files with the name of a family that are operations all the same, and why: nobody is to wonder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from l9stack.errors import Problem
from l9stack.model.agent import AgentSpec
from l9stack.model.plan import ModulePlan, OperationPlan
from l9stack.planning.catalogue import OPERATIONS, family_by_name


def family_notes(
    agent: AgentSpec, modules: Iterable[ModulePlan], operations: Iterable[OperationPlan]
) -> Iterator[Problem]:
    """A note for each file that became an operation module, though its name is that of a family and nobody said so."""
    by_name = {operation.name: operation for operation in operations}
    listed = {path: number for number, path in enumerate(agent.generate_files)}
    kinds = {module.family for module in modules}
    for module in modules:
        unsaid = all(by_name[name].sources == (f"module {module.path}",) for name in module.operations)
        family = family_by_name(module.path) if module.family == OPERATIONS.name and unsaid else None
        if family is None:
            continue
        why = "another file is of that kind" if family.name in kinds else f"that needs {family.needs}"
        message = f"{agent.id}: {module.path} becomes an operation, and does not hold {family.holds}: {why}"
        place = agent.places.get(f"cursorinstructions.generatefiles.{listed[module.path]}", agent.place)
        yield Problem("family-missed", message, place, level="note")
