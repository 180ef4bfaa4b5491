"""Which operation is meant, whether it can be bound, and where its function goes."""

from __future__ import annotations

import difflib
import importlib.metadata
import sys
from dataclasses import dataclass
from pathlib import Path

from l9stack.errors import InputError, Problem
from l9stack.inputs.names import IMPLEMENTATIONS
from l9stack.model.collection import Collection
from l9stack.model.glue import Binding, Implementation
from l9stack.model.plan import AgentPlan, OperationPlan, Plan
from l9stack.names import name_key
from l9stack.planning.graph import Directory

TESTS = "tests"


@dataclass(frozen=True, slots=True)
class BindingTarget:
    """An unbound operation with the place of its function: `package.module:function` below `implementations`."""

    agent: AgentPlan
    operation: OperationPlan
    package: str
    module: str

    @property
    def name(self) -> str:
        """`agent.operation`."""
        return f"{self.agent.id}.{self.operation.name}"

    @property
    def target(self) -> str:
        """What the binding names."""
        return f"{self.package}.{self.module}:{self.operation.name}"


def choose_target(collection: Collection, plan: Plan, text: str) -> BindingTarget:
    """The operation that `agent.operation` means.

    Raises:
        InputError: it is not there (with near names), or somebody has bound it (with what, and where).
    """
    named, dot, wanted = text.rpartition(".")
    directory = Directory(collection.agents)
    matches = directory.find(named) if dot else ()
    if len(matches) != 1:
        known = [f"{agent.id}.{operation.name}" for agent in plan.agents for operation in agent.operations]
        raise _refused("unknown-operation", f"{text!r} names no agent's operation here", _near(text, known))
    agent = plan.agent(matches[0])
    operation = next((found for found in agent.operations if name_key(found.name) == name_key(wanted)), None)
    if operation is None:
        names = [str(found.name) for found in agent.operations]
        near = _near(wanted, names, f"{agent.id}.")
        raise _refused("unknown-operation", f"{agent.id} has no operation {wanted!r}", near)
    if operation.bound:
        raise _bound(agent, operation, binding_of(collection, directory, agent, operation))
    package = _package(plan.collection, Path(collection.root))
    return BindingTarget(agent, operation, package, f"{agent.id}_{operation.name}")


def binding_of(
    collection: Collection, directory: Directory, agent: AgentPlan, operation: OperationPlan
) -> Binding | None:
    """What says what the operation does: the last binding that names a behaviour."""
    found = [
        binding
        for binding in (*collection.glue.bindings, *collection.answers.bindings)
        if directory.find(binding.agent) == (agent.id,) and binding.operation == operation.name
    ]
    return next((binding for binding in reversed(found) if "behaviour" in binding.model_fields_set), None)


def _bound(agent: AgentPlan, operation: OperationPlan, binding: Binding | None) -> InputError:
    behaviour = operation.behaviour
    what = behaviour.target if isinstance(behaviour, Implementation) else f"the behaviour {behaviour.kind}"
    hint = "change it there; to bind it anew, take it out there first"
    message = f"{agent.id}.{operation.name} is bound already, by {what}"
    return InputError([Problem("already-bound", message, binding.place if binding else None, hint)])


def _near(text: str, names: list[str], prefix: str = "") -> str:
    near = [f"{prefix}{name}" for name in difflib.get_close_matches(text, names, 3, 0.5)]
    known = ", ".join(f"{prefix}{name}" for name in sorted(names))
    return f"did you mean {' or '.join(near)}?" if near else f"operations here: {known or 'none'}"


def _refused(code: str, message: str, hint: str) -> InputError:
    return InputError([Problem(code, message, None, hint)])


def _package(collection: str, root: Path) -> str:
    """The collection's own package, under a name that hides no other: implementations come first when imported."""
    own = root / IMPLEMENTATIONS / collection
    taken = (
        collection == TESTS
        or collection in sys.stdlib_module_names
        or (not own.is_dir() and collection in importlib.metadata.packages_distributions())
    )
    return f"{collection}_code" if taken else collection
