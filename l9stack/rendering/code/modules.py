"""Python files of an agent: what the templates of families are given, from a view or by a function of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from l9stack.model.plan import AgentPlan, ModulePlan, Plan
from l9stack.planning.catalogue import ROWS
from l9stack.rendering.code.bridges import declare_memory, view_governance, view_memory
from l9stack.rendering.code.interface import RouteView, SurfaceView, view_surface
from l9stack.rendering.code.operations import OperationView, operations_of_module, view_operations
from l9stack.rendering.code.settings import config_class, config_fields, prefix, setting_line
from l9stack.rendering.environment import render_template
from l9stack.rendering.imports import Imports

MAX_LINES = 120


View = Callable[[Plan, AgentPlan, ModulePlan, Imports], Any]
"""What a family's template prints; imports that it takes are added."""


def viewed_module(view: View, plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """A module that is printed from its view alone."""
    imports = Imports()
    seen = view(plan, agent, module, imports)
    return render_template(module.template, title=heading(agent, module), imports=imports, view=seen)


def heading(agent: AgentPlan, module: ModulePlan) -> str:
    """The agent's name, and what its row says that a module holds."""
    return f"{agent.spec.name}: {ROWS[module.family].title.format(module.subject)}."


def gathering_module(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """A controller that gathers the operations only: routes, memory and policy are composed from the manifest.

    This is the form of a controller that, for want of bridges, would declare more than `MAX_LINES` lines.
    """
    imports = Imports()
    operations = _gathered(plan, agent, module, imports)
    return render_template(
        "modules/controller_parts.py.j2",
        title=f"{agent.spec.name}: {agent.spec.role}",
        imports=imports,
        operations=operations,
        names=[op.name for m in agent.modules for op in operations_of_module(agent, m)],
    )


def _gathered(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[OperationView, ...]:
    """A controller's own operations; those of the other modules are imported."""
    for operation in agent.operations:
        if operation.module != module.path:
            imports.add(agent.home_of(operation.name).dotted, operation.name)
    return view_operations(plan, agent, operations_of_module(agent, module), imports)


def operations_module(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """A module of operations, with their models."""
    imports = Imports()
    operations = view_operations(plan, agent, operations_of_module(agent, module), imports)
    return render_template(module.template, title=_summed(agent, module), imports=imports, operations=operations)


def _summed(agent: AgentPlan, module: ModulePlan) -> str:
    summaries = [op.summary for op in operations_of_module(agent, module)]
    if len(summaries) == 1:
        return f"{agent.spec.name}: {summaries[0]}"
    names = ", ".join(op.name.replace("_", " ") for op in operations_of_module(agent, module))
    return f"{agent.spec.name}: {names}."


def package_module(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """The docstring of a package: there is nothing else in it."""
    folder = module.path.removesuffix("__init__.py").rstrip("/")
    inside = f"its {folder.replace('/', ' ')} modules." if folder else agent.spec.role
    return render_template(module.template, title=f"{agent.spec.name}: {inside}")


def controller_module(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """A controller that declares the whole agent, with what no module of its own declares."""
    imports = Imports()
    imports.agent("AgentDefinition", "Limits")
    operations = _gathered(plan, agent, module, imports)
    own = {op.name for op in operations_of_module(agent, module)}
    surface = view_surface(plan, agent)
    endpoints = agent.module_of("routes")
    routes = tuple(route for route in surface.routes if not endpoints or route.operation in own)
    if endpoints:
        _import_declaration(endpoints, imports)
    for name, wanted in (
        ("Route", routes),
        ("BuiltinRoute", surface.builtin_routes),
        ("Call", surface.calls),
        ("Observation", surface.observes),
    ):
        if wanted:
            imports.agent(name)
    declared = _declared_elsewhere(agent, surface, imports)
    memory, governance = agent.module_of("memory_bridge"), agent.module_of("governance_bridge")
    inline = declare_memory(agent, Imports()) if agent.spec.memory and not memory else None
    if memory:
        _import_declaration(memory, imports)
    else:
        imports.agent("MemoryDeclaration", *(f"{layer.kind.value.capitalize()}Layer" for layer in agent.spec.memory))
    policy = None if governance else view_governance(agent)
    if governance:
        _import_declaration(governance, imports)
    else:
        _policy_imports(agent, imports)
    return render_template(
        module.template,
        title=f"{agent.spec.name}: {agent.spec.role}",
        imports=imports,
        operations=operations,
        memory_inline=inline,
        governance_inline=policy,
        view_agent={
            "id": agent.id,
            "collection": plan.collection,
            "name": surface.name,
            "role": surface.role,
            "version": surface.version,
            "operations": [op.name for m in agent.modules for op in operations_of_module(agent, m)],
            "memory": "MEMORY" if memory or inline else "MemoryDeclaration()",
            "routes": routes,
            "routes_from": endpoints is not None,
            "builtin_routes": surface.builtin_routes,
            "declared": declared,
            "packet_types": surface.packet_types,
            "calls": surface.calls,
            "observes": surface.observes,
            "publishes": surface.publishes,
            "rate": surface.rate,
            "max_payload_bytes": surface.max_payload_bytes,
        },
    )


def _declared_elsewhere(agent: AgentPlan, surface: SurfaceView, imports: Imports) -> set[str]:
    """What a module of its own declares: packet types, observations, limits; imports are added."""
    families = [*(["packet_router"] if surface.packet_types else []), "event_subscriber", "rate_limiter"]
    return {_import_declaration(module, imports) for family in families if (module := agent.module_of(family))}


def _import_declaration(module: ModulePlan, imports: Imports) -> str:
    """The name by which a module declares a part of the agent, imported."""
    name = ROWS[module.family].declares
    imports.add(module.dotted, name)
    return name


def _policy_imports(agent: AgentPlan, imports: Imports) -> None:
    policy = view_governance(agent)
    imports.agent("GovernancePolicy")
    if policy.rules:
        imports.agent("Rule", "Comparison")
    if policy.triggers:
        imports.agent("Trigger")


def memory_module(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """A memory bridge: the layers, and functions that find and keep what is in them."""
    imports = Imports()
    view = view_memory(agent, imports)
    kinds = ", ".join(name for name, _ in view.layers)
    return render_template(module.template, title=f"Memory of {agent.spec.name}: {kinds}.", imports=imports, view=view)


def governance_module(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """A governance bridge: anchors, rules and triggers."""
    imports = Imports()
    view = view_governance(agent)
    _policy_imports(agent, imports)
    if view.rules:
        imports.add("collections.abc", "Mapping")
        imports.add("typing", "Any")
        imports.add("l9stack.agent.governance", "weigh")
    title = f"Governance of {agent.spec.name}: who decides ({', '.join(view.anchors)}), and when they are asked."
    return render_template(module.template, title=title, imports=imports, view=view)


def config_module(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """The settings that the agent's own code reads."""
    imports = Imports()
    imports.agent("AgentSettings")
    imports.add("collections.abc", "Mapping")
    fields = [setting_line(field, imports) for field in config_fields(agent, module)]
    variables = f"The environment may set each, as {prefix(agent)}_<NAME>."
    own = f"Settings that code of {agent.spec.name} itself reads. {variables}"
    none = f"{agent.spec.name} has no settings of its own: neither schema nor glue declares any."
    return render_template(
        module.template,
        title=f"Settings of {agent.spec.name}.",
        summary=own if fields else none,
        imports=imports,
        prefix=prefix(agent),
        class_name=config_class(agent),
        fields=fields,
    )


def routes_module(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """The endpoints that the controller does not define itself, and operations that lie here."""
    imports = Imports()
    imports.agent("Route")
    first = agent.module_of("routes")
    own = {op.name for op in operations_of_module(agent, module)}
    routes: list[RouteView] = []
    for route in view_surface(plan, agent).routes if first and first.path == module.path else ():
        where = agent.home_of(route.operation)
        # The controller imports this module, so what the controller itself defines is routed there.
        if where.family == "controller":
            continue
        if route.operation not in own:
            imports.add(where.dotted, route.operation)
        routes.append(route)
    operations = view_operations(plan, agent, operations_of_module(agent, module), imports)
    title = f"Endpoints of {agent.spec.name}."
    return render_template(module.template, title=title, imports=imports, operations=operations, routes=tuple(routes))
