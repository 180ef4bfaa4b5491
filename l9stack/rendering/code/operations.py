"""Operation modules: classes of requests and responses, and one decorated function each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from l9stack.model.glue import QueryMemoryBehaviour
from l9stack.model.plan import AgentPlan, ModulePlan, OperationPlan, Plan
from l9stack.names import class_name
from l9stack.printable import line
from l9stack.rendering.code.behaviours import BehaviourView, view_behaviour
from l9stack.rendering.fields import ModelView, model
from l9stack.rendering.imports import Imports
from l9stack.rendering.quoting import python


@dataclass(frozen=True, slots=True)
class OperationView:
    """One operation as it is printed."""

    name: str
    summary: str
    decorator: tuple[str, ...]
    models: tuple[ModelView, ...]
    request: str
    response: str
    behaviour: BehaviourView


def request_name(operation: OperationPlan) -> str:
    """The class of the operation's request."""
    return "Payload" if operation.request is None else f"{class_name(operation.name)}Request"


def response_name(operation: OperationPlan) -> str:
    """The class of the operation's response."""
    return "Payload" if operation.response is None else f"{class_name(operation.name)}Response"


def event_of(operation: OperationPlan) -> str:
    """The event that goes out with each answer; a route may name it as well."""
    return operation.publish or getattr(operation.behaviour, "publish", "")


def operations_of_module(agent: AgentPlan, module: ModulePlan) -> tuple[OperationPlan, ...]:
    """The operations that a module defines, in the plan's order."""
    return tuple(agent.operation(name) for name in module.operations)


def view_operations(
    plan: Plan, agent: AgentPlan, operations: Iterable[OperationPlan], imports: Imports
) -> tuple[OperationView, ...]:
    """Views of operations that one module defines; their imports are added."""
    operations = tuple(operations)
    taken = {"operation", *(str(operation.name) for operation in operations)}
    views: list[OperationView] = []
    for operation in operations:
        imports.agent("operation", "OperationContext")
        behaviour, part = view_behaviour(plan, agent, operation, imports, taken)
        named = {shape.name for view in views for shape in view.models}
        models = [*_models(operation, imports), *([part] if part and part.name not in named else [])]
        views.append(
            OperationView(
                name=operation.name,
                summary=_documented(operation),
                decorator=_decorator(operation),
                models=tuple(models),
                request=request_name(operation),
                response=response_name(operation),
                behaviour=behaviour,
            )
        )
    return tuple(views)


def _documented(operation: OperationPlan) -> str:
    told = [operation.summary]
    if logic := line(operation.logic):
        told.append(f"As the glue describes it: {logic if logic.endswith('.') else f'{logic}.'}")
    if not operation.bound:
        told.append("Nobody has bound it: until then it does what the policy says of unbound operations.")
    return " ".join(told)


def _decorator(operation: OperationPlan) -> tuple[str, ...]:
    arguments = [f"summary={python(line(operation.summary), 104)}"]
    if operation.criticality != 0.5:
        arguments.append(f"criticality={python(operation.criticality)}")
    if operation.timeout_seconds != 10.0:
        arguments.append(f"timeout_seconds={python(operation.timeout_seconds)}")
    if operation.reusable:
        arguments.append("reusable=True")
    if event := event_of(operation):
        arguments.append(f"publish={python(event)}")
    if not operation.bound:
        arguments.append("bound=False")
    if isinstance(operation.behaviour, QueryMemoryBehaviour):
        arguments.append("look_up=True")
    return tuple(arguments)


def _models(operation: OperationPlan, imports: Imports) -> list[ModelView]:
    words = operation.name.replace("_", " ")
    models = []
    if operation.request is None or operation.response is None:
        imports.agent("Payload")
    if operation.request is not None:
        models.append(model(request_name(operation), f"What {words} takes.", operation.request, imports))
    if operation.response is not None:
        models.append(model(response_name(operation), f"What {words} answers.", operation.response, imports))
    return models
