"""Tests of single modules: what each family's test file is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from l9stack.model.agent import MemoryKind
from l9stack.model.glue import Implementation, QueryMemoryBehaviour, RouteBehaviour
from l9stack.model.plan import AgentPlan, ModulePlan, OperationPlan, Plan
from l9stack.rendering.behaviours import sent_as_packet
from l9stack.rendering.bridges import declaration, view_governance, view_memory
from l9stack.rendering.cases import cases
from l9stack.rendering.environment import fill
from l9stack.rendering.imports import Imports
from l9stack.rendering.manifest import home
from l9stack.rendering.operations import event_of, held_by
from l9stack.rendering.policy_cases import policy_cases
from l9stack.rendering.quoting import line
from l9stack.rendering.samples import around, fits, record, refused, sample
from l9stack.rendering.settings import changed, config_class, config_fields, prefix, refused_settings
from l9stack.rendering.surface import view_surface


@dataclass(frozen=True, slots=True)
class OperationTests:
    """What the tests of one operation send and expect, as data."""

    name: str
    kind: str
    arguments: dict[str, Any]
    declared: bool
    answers: list[tuple[Any, ...]]
    refused: list[tuple[Any, ...]]
    routes: tuple[tuple[str, str], ...]
    packet_types: tuple[str, ...]
    record_id: bool
    peer: str = ""
    asked: str = ""
    verb: str = ""
    said: dict[str, Any] | None = None
    used: tuple[str, ...] = ()
    limit: int = 0
    match: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    implementation: str = ""
    response: dict[str, Any] | None = None
    response_fields: tuple[str, ...] = ()
    event: str = ""
    other: dict[str, Any] | None = None
    packets: tuple[tuple[str, str], ...] = ()
    answers_refused: tuple[tuple[str, dict[str, Any]], ...] = ()


def operation_tests(plan: Plan, agent: AgentPlan, operation: OperationPlan) -> OperationTests:
    """The tests of one operation."""
    behaviour = operation.behaviour
    more: dict[str, Any] = {}
    found = cases(plan, agent, operation)
    if isinstance(behaviour, RouteBehaviour):
        peer, _, wanted = behaviour.to.rpartition(".")
        target = plan.agent(peer).operation(wanted)
        packet = sent_as_packet(agent, peer, target)
        used = [
            name
            for name in record(target.response or ())
            if any(f"answer.{name}" in text for text in behaviour.assign.values())
        ]
        more = {
            "peer": peer,
            "asked": packet or wanted,
            "verb": "packet_type" if packet else "operation",
            "said": found[0].said if found else record(target.response or ()),
            "used": tuple(used),
        }
    elif isinstance(behaviour, QueryMemoryBehaviour):
        fields = {spec.name for spec in operation.response or ()}
        more = {
            "limit": behaviour.limit,
            "match": behaviour.match,
            "counted": tuple(name for name in ("count", "decisions") if name in fields),
        }
    elif isinstance(behaviour, Implementation):
        more = {"implementation": behaviour.target.partition(":")[2]}
    routed = more.get("peer")
    return OperationTests(
        name=operation.name,
        kind=behaviour.kind,
        arguments=record(operation.request) if operation.request is not None else {"note": "any object"},
        declared=operation.request is not None,
        answers=[
            (c.arguments, c.said, c.sent, c.expected, list(c.fired))
            if routed
            else (c.arguments, c.expected, list(c.fired))
            for c in found
        ],
        refused=refused(operation.request) if operation.request is not None else [],
        routes=tuple((route.method, route.path) for route in operation.routes if "{" not in route.path),
        packet_types=operation.packet_types,
        record_id=behaviour.kind == "record" and any(spec.name == "record_id" for spec in operation.response or ()),
        response=record(operation.response) if operation.response is not None else None,
        response_fields=tuple(spec.name for spec in operation.response or ()),
        event=event_of(operation),
        other=_others(operation),
        packets=(("operation", operation.name), *(("packet_type", kind) for kind in operation.packet_types)),
        answers_refused=tuple((why, arguments) for why, arguments, _ in refused(operation.response)[:-1][:4])
        if operation.response is not None
        else (),
        **more,
    )


def _others(operation: OperationPlan) -> dict[str, Any]:
    """For each field of the request another value than the usual one, for questions that find nothing."""
    found: dict[str, Any] = {}
    for spec in operation.request or ():
        good = sample(spec)
        # Not at a bound where that can be helped: other tests of the same agent record those.
        options = [f"other-{spec.name}"[: spec.max_length], *around(spec, ())]
        found[spec.name] = next((value for value in options if value != good and fits(spec, value)), good)
    return found


def render_tests(plan: Plan, agent: AgentPlan, module: ModulePlan, *, composed: bool) -> str:
    """The test file of one module, before it is formatted; `composed` says that a controller declares the agent."""
    if module.family == "controller":
        return _controller(plan, agent, module, composed=composed)
    return _FAMILIES.get(module.family, _operations)(plan, agent, module)


def _served(plan: Plan, agent: AgentPlan) -> dict[str, Any]:
    """What every test file that serves the agent needs."""
    peers = sorted(
        {op.behaviour.to.rpartition(".")[0] for op in agent.operations if isinstance(op.behaviour, RouteBehaviour)}
    )
    return {
        "agent_id": str(agent.id),
        "agent_name": agent.spec.name,
        "peers": peers,
        "layers": [layer.kind.value for layer in agent.spec.memory],
        "blocked": view_governance(agent).unbound == "refuse",
        "anchors": list(view_governance(agent).anchors),
        "max_payload_bytes": view_surface(plan, agent).max_payload_bytes,
    }


def _operations(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    imports = Imports()
    tests = [operation_tests(plan, agent, op) for op in held_by(agent, module)]
    for op in held_by(agent, module):
        if isinstance(op.behaviour, Implementation):
            target, _, function = op.behaviour.target.partition(":")
            imports.add(target, f"{function} as {op.name}_function")
            imports.add(module.dotted, op.name)
    if any(test.event for test in tests):
        imports.module("json")
    if any(test.kind == "implementation" for test in tests):
        imports.module("inspect")
        imports.add("l9stack.agent.records", "as_values")
    title = f"What {agent.spec.name} does in {module.path}, through the whole pipeline and with real memory."
    return fill("tests/operations.py.j2", title=title, imports=imports, tests=tests, **_served(plan, agent))


def _controller(plan: Plan, agent: AgentPlan, module: ModulePlan, *, composed: bool) -> str:
    surface = view_surface(plan, agent)
    imports = Imports()
    tests = [operation_tests(plan, agent, op) for op in held_by(agent, module)]
    title = f"How {agent.spec.name} is composed in {module.path}, and what it serves."
    if any(test.event for test in tests):
        imports.module("json")
    operations = [
        [op.name, line(op.summary), op.criticality, op.timeout_seconds, op.reusable, event_of(op), op.bound]
        for m in agent.modules
        for op in held_by(agent, m)
    ]
    sampled = next((operation_tests(plan, agent, op) for op in agent.operations if not _peer(op)), None)
    return fill(
        "tests/controller.py.j2",
        title=title,
        imports=imports,
        tests=tests,
        dotted=module.dotted,
        surface=surface,
        operations=operations,
        sampled=sampled,
        builtin=[(path, serves) for _, path, serves in surface.builtin_routes],
        surface_routes=[[route.method, route.path, route.operation] for route in surface.routes],
        calls=[(call.to, call.kind, call.names) for call in surface.calls],
        observes=list(surface.observes),
        composed=composed,
        **_served(plan, agent),
    )


def _peer(operation: OperationPlan) -> bool:
    return isinstance(operation.behaviour, RouteBehaviour | Implementation)


def _memory(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    view = view_memory(agent, Imports())
    layers = [(layer.kind.value, declaration(agent, layer)) for layer in agent.spec.memory]
    absent = [kind.value for kind in MemoryKind if agent.spec.layer(kind) is None]
    title = f"What {agent.spec.name} declares about its memory in {module.path}."
    return fill(
        "tests/memory_bridge.py.j2",
        title=title,
        dotted=module.dotted,
        view=view,
        absent=absent,
        names=tuple(name for name, _ in layers),
        layers_data={name: _frozen(data) for name, data in layers},
    )


def _frozen(value: Any) -> Any:
    """Lists as the declarations hold them: tuples, below the names of a layer."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(value) if isinstance(value, list) else value


def _governance(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    title = f"Who decides for {agent.spec.name}, and when they are asked, as {module.path} declares it."
    return fill(
        "tests/governance_bridge.py.j2",
        title=title,
        dotted=module.dotted,
        view=view_governance(agent),
        cases=policy_cases(agent),
    )


def _config(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    fields = config_fields(agent, module)
    title = f"Settings of {agent.spec.name}: values, bounds and the environment."
    return fill(
        "tests/config.py.j2",
        title=title,
        dotted=module.dotted,
        prefix=prefix(agent),
        values={field.name: field.value for field in fields},
        field_names=[field.name for field in fields],
        class_name=config_class(agent),
        refused=refused_settings(fields, prefix(agent)),
        changes=[(field.name, *changed(field)) for field in fields],
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
        **_served(plan, agent),
    )


def _package(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    folder = module.path.removesuffix("__init__.py")
    inside = sorted(
        other.path.removeprefix(folder).removesuffix(".py")
        for other in agent.modules
        if other.path.startswith(folder) and other.path != module.path and "/" not in other.path.removeprefix(folder)
    )
    title = f"What the package {module.dotted} says of itself."
    return fill(
        "tests/package.py.j2",
        title=title,
        dotted=module.dotted,
        inside_names=tuple(inside),
        root=not folder,
        agent_id=str(agent.id),
        version=agent.spec.version,
    )


_FAMILIES: dict[str, Callable[[Plan, AgentPlan, ModulePlan], str]] = {
    "package": _package,
    "memory_bridge": _memory,
    "governance_bridge": _governance,
    "config": _config,
    "routes": _routes,
}
