"""Tests of single modules: what each family's test file is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from l9stack.model.glue import Implementation
from l9stack.model.plan import AgentPlan, ModulePlan, OperationPlan, Plan
from l9stack.printable import line
from l9stack.rendering.code.bridges import declaration, view_governance, view_memory
from l9stack.rendering.code.families import FAMILIES, render_family_tests
from l9stack.rendering.code.operations import event_of, held_by
from l9stack.rendering.code.settings import changed, config_class, config_fields, prefix, refused_settings
from l9stack.rendering.code.surface import view_surface
from l9stack.rendering.environment import fill
from l9stack.rendering.imports import Imports
from l9stack.rendering.manifest import home
from l9stack.rendering.packets import required_fields
from l9stack.rendering.tests.literals import changes, wrong
from l9stack.rendering.tests.operations import operation_tests
from l9stack.rendering.tests.peers import peer_checks
from l9stack.rendering.tests.policies import policy_cases


def render_tests(plan: Plan, agent: AgentPlan, module: ModulePlan, *, composed: bool) -> str:
    """The test file of one module, before it is formatted; `composed` says that a controller declares the agent."""
    if module.family == "controller":
        return _controller(plan, agent, module, composed=composed)
    if module.family in FAMILIES:
        cases = policy_cases(agent) if module.family == "compliance_checker" else []
        checks = peer_checks(plan, module) if module.family == "client" else {}
        told = {**_served(agent), "cases": cases, "checks": checks, "changes": changes, "wrong": wrong}
        return render_family_tests(plan, agent, module, told)
    return _FAMILIES.get(module.family, _operations)(plan, agent, module)


def _served(agent: AgentPlan) -> dict[str, Any]:
    """What every test file that serves the agent needs."""
    return {
        "agent_id": str(agent.id),
        "blocked": view_governance(agent).unbound == "refuse",
        "anchors": list(view_governance(agent).anchors),
    }


def _operations(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    imports = Imports()
    tests = [operation_tests(plan, agent, op) for op in held_by(agent, module)]
    for op in held_by(agent, module):
        if isinstance(op.behaviour, Implementation):
            target, _, function = op.behaviour.target.partition(":")
            imports.add(target, f"{function} as {op.name}_function")
    title = f"What {agent.spec.name} does in {module.path}, through the whole pipeline and with real memory."
    return fill("tests/operations.py.j2", title=title, imports=imports, tests=tests, **_served(agent))


def _controller(plan: Plan, agent: AgentPlan, module: ModulePlan, *, composed: bool) -> str:
    surface = view_surface(plan, agent)
    imports = Imports()
    tests = [operation_tests(plan, agent, op) for op in held_by(agent, module)]
    title = f"How {agent.spec.name} is composed in {module.path}, and what it serves."
    facts = {str(op.name): _facts(op) for m in agent.modules for op in held_by(agent, m)}
    return fill(
        "tests/controller.py.j2",
        title=title,
        imports=imports,
        tests=tests,
        dotted=module.dotted,
        surface=surface,
        facts=facts,
        health=[path for _, path, serves in surface.builtin_routes if serves == "health"],
        surface_routes=[(route.method, route.path, str(route.operation)) for route in surface.routes],
        calls=[(call.to, call.kind, call.names) for call in surface.calls],
        observes=list(surface.observes),
        composed=composed,
        needed=required_fields(plan.protocol),
        **_served(agent),
    )


def _facts(operation: OperationPlan) -> dict[str, Any]:
    """What the decorator of an operation says, by the names that it has there."""
    return {
        "summary": line(operation.summary),
        "criticality": operation.criticality,
        "timeout_seconds": operation.timeout_seconds,
        "reusable": operation.reusable,
        "publish": event_of(operation),
        "bound": operation.bound,
    }


def _memory(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    view = view_memory(agent, Imports())
    layers = [(layer.kind.value, declaration(agent, layer)) for layer in agent.spec.memory]
    title = f"What {agent.spec.name} declares about its memory in {module.path}, and how it is used."
    return fill(
        "tests/memory_bridge.py.j2",
        title=title,
        dotted=module.dotted,
        view=view,
        layers_data={name: _frozen(data) for name, data in layers},
        imports=Imports(),
        **_served(agent),
    )


def _frozen(value: Any) -> Any:
    """Lists as the declarations hold them: tuples, below the names of a layer."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(value) if isinstance(value, list) else value


def _governance(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    view, imports = view_governance(agent), Imports()
    imports.agent("GovernancePolicy", "Rule", "Trigger", "Comparison")
    title = f"Who decides for {agent.spec.name}, and when they are asked, as {module.path} declares it."
    return fill(
        "tests/governance_bridge.py.j2",
        title=title,
        dotted=module.dotted,
        imports=imports,
        view=view,
        cases=policy_cases(agent),
    )


def _config(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    fields = config_fields(agent, module)
    least = [(field.name, str(field.minimum), field.minimum) for field in fields if field.minimum is not None]
    title = f"Settings of {agent.spec.name}: values, bounds and the environment."
    return fill(
        "tests/config.py.j2",
        title=title,
        dotted=module.dotted,
        prefix=prefix(agent),
        values={field.name: field.value for field in fields},
        class_name=config_class(agent),
        refused=refused_settings(fields),
        changes=[*((field.name, *changed(field)) for field in fields), *least],
    )


def _routes(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    surface = view_surface(plan, agent)
    first = agent.module_of("routes")
    listed = [
        (route.method, route.path, route.operation)
        for route in surface.routes
        if first and first.path == module.path and home(agent, route.operation).family != "controller"
    ]
    tests = [operation_tests(plan, agent, op) for op in held_by(agent, module)]
    title = f"Endpoints of {agent.spec.name} as {module.path} lists them."
    return fill(
        "tests/routes.py.j2",
        title=title,
        imports=Imports(),
        dotted=module.dotted,
        routes=listed,
        tests=tests,
        **_served(agent),
    )


_FAMILIES: dict[str, Callable[[Plan, AgentPlan, ModulePlan], str]] = {
    "memory_bridge": _memory,
    "governance_bridge": _governance,
    "config": _config,
    "routes": _routes,
}
