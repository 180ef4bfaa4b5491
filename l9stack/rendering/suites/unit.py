"""Tests of single modules: what the test file of each family is given."""

from __future__ import annotations

from typing import Any

from l9stack.model.glue import Implementation
from l9stack.model.plan import AgentPlan, ModulePlan, OperationPlan, Plan
from l9stack.printable import line
from l9stack.rendering.code.bridges import declaration, view_governance, view_memory
from l9stack.rendering.code.communication import view_client
from l9stack.rendering.code.governance import view_checker
from l9stack.rendering.code.interface import view_surface
from l9stack.rendering.code.modules import View, heading
from l9stack.rendering.code.operations import event_of, operations_of_module
from l9stack.rendering.code.settings import config_class, config_fields, invalid_settings, other_value, prefix
from l9stack.rendering.environment import render_template
from l9stack.rendering.imports import Imports
from l9stack.rendering.packets import required_fields
from l9stack.rendering.suites.literals import changes, wrong
from l9stack.rendering.suites.operations import OperationTests, operation_tests
from l9stack.rendering.suites.peers import peer_checks
from l9stack.rendering.suites.policies import policy_cases


def viewed_tests(view: View, plan: Plan, agent: AgentPlan, module: ModulePlan, **more: Any) -> str:
    """Tests that are printed from the view of their module, and from what `more` says beside it.

    They have the module's own imports at hand: models of requests and answers are in them, and unused ones are removed.
    """
    imports = Imports()
    seen = view(plan, agent, module, imports)
    title = f"Tests of {module.path}: {heading(agent, module)}"
    given = {**_served(agent), "changes": changes, "wrong": wrong, **more}
    return render_template(
        f"tests/{module.family}.py.j2", title=title, dotted=module.dotted, imports=imports, view=seen, **given
    )


def client_tests(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """Tests of a client, which ask its peer."""
    return viewed_tests(view_client, plan, agent, module, checks=peer_checks(plan, module))


def compliance_tests(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """Tests of a compliance checker, for values on both sides of each threshold."""
    return viewed_tests(view_checker, plan, agent, module, cases=policy_cases(agent))


def _served(agent: AgentPlan) -> dict[str, Any]:
    """What every test file that serves the agent needs."""
    return {
        "agent_id": str(agent.id),
        "blocked": view_governance(agent).unbound == "refuse",
        "anchors": list(view_governance(agent).anchors),
    }


def operations_tests(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """Tests of the operations of a module."""
    imports = Imports()
    tests = _operations_of(plan, agent, module, imports)
    title = f"What {agent.spec.name} does in {module.path}, through the whole pipeline and with real memory."
    return render_template("tests/operations.py.j2", title=title, imports=imports, tests=tests, **_served(agent))


def _operations_of(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> list[OperationTests]:
    """What tests of a module's operations are printed from, of whichever family it is; imports the users' functions."""
    placed = operations_of_module(agent, module)
    for op in placed:
        if isinstance(op.behaviour, Implementation):
            target, _, function = op.behaviour.target.partition(":")
            imports.add(target, f"{function} as {op.name}_function")
    return [operation_tests(plan, agent, op) for op in placed]


def controller_tests(plan: Plan, agent: AgentPlan, module: ModulePlan, *, composed: bool = True) -> str:
    """Tests of a controller; `composed` says that it declares the whole agent."""
    surface = view_surface(plan, agent)
    imports = Imports()
    tests = _operations_of(plan, agent, module, imports)
    title = f"How {agent.spec.name} is composed in {module.path}, and what it serves."
    facts = {str(op.name): _facts(op) for m in agent.modules for op in operations_of_module(agent, m)}
    return render_template(
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


def memory_tests(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """Tests of what a memory bridge declares."""
    view = view_memory(agent, Imports())
    layers = [(layer.kind.value, declaration(agent, layer)) for layer in agent.spec.memory]
    title = f"What {agent.spec.name} declares about its memory in {module.path}, and how it is used."
    return render_template(
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


def governance_tests(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """Tests of a governance bridge, and of its rules on both sides of each threshold."""
    view, imports = view_governance(agent), Imports()
    imports.agent("GovernancePolicy", "Rule", "Trigger", "Comparison")
    title = f"Who decides for {agent.spec.name}, and when they are asked, as {module.path} declares it."
    return render_template(
        "tests/governance_bridge.py.j2",
        title=title,
        dotted=module.dotted,
        imports=imports,
        view=view,
        cases=policy_cases(agent),
    )


def config_tests(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """Tests of settings, their bounds and their variables."""
    fields = config_fields(agent, module)
    least = [(field.name, str(field.minimum), field.minimum) for field in fields if field.minimum is not None]
    title = f"Settings of {agent.spec.name}: values, bounds and the environment."
    return render_template(
        "tests/config.py.j2",
        title=title,
        dotted=module.dotted,
        prefix=prefix(agent),
        values={field.name: field.value for field in fields},
        class_name=config_class(agent),
        refused=invalid_settings(fields),
        changes=[*((field.name, *other_value(field)) for field in fields), *least],
    )


def routes_tests(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """Tests of the endpoints that a module lists."""
    surface = view_surface(plan, agent)
    first = agent.module_of("routes")
    listed = [
        (route.method, route.path, route.operation)
        for route in surface.routes
        if first and first.path == module.path and agent.home_of(route.operation).family != "controller"
    ]
    imports = Imports()
    tests = _operations_of(plan, agent, module, imports)
    title = f"Endpoints of {agent.spec.name} as {module.path} lists them."
    return render_template(
        "tests/routes.py.j2",
        title=title,
        imports=imports,
        dotted=module.dotted,
        routes=listed,
        tests=tests,
        **_served(agent),
    )
