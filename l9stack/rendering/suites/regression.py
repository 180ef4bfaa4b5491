"""The regression tests of an agent: what callers rely on, written down when it was generated."""

from __future__ import annotations

from collections.abc import Iterable

from l9stack.model.plan import AgentPlan, Plan
from l9stack.rendering.code.bridges import declaration, view_governance
from l9stack.rendering.code.interface import view_surface
from l9stack.rendering.code.operations import operations_of_module
from l9stack.rendering.environment import render_template
from l9stack.rendering.imports import Imports
from l9stack.rendering.suites.promises import promises_of


def render_regression(plan: Plan, agent: AgentPlan) -> str:
    """The text of `test_regression.py`, before it is formatted."""
    surface, policy = view_surface(plan, agent), view_governance(agent)
    held = [(op, module.imported is None) for module in agent.modules for op in operations_of_module(agent, module)]
    endpoints = [(route.method, route.path, route.operation) for route in surface.routes]
    memory = {layer.kind.value: declaration(agent, layer) for layer in agent.spec.memory}
    return render_template(
        "tests/regression.py.j2",
        title=f"What callers of {agent.spec.name} rely on: a change here is a change for them.",
        imports=Imports(),
        agent_id=str(agent.id),
        rate=surface.rate,
        max_payload_bytes=surface.max_payload_bytes,
        requests={str(op.name): promises_of(op.request, whole=ours) for op, ours in held},
        responses={str(op.name): promises_of(op.response, whole=ours) for op, ours in held},
        imported=[str(op.name) for op, ours in held if not ours],
        endpoints=endpoints,
        pages=sorted({"/health", "/status", *_pages(surface.builtin_routes)}),
        packet_types=surface.packet_types,
        publishes=list(surface.publishes),
        anchors=list(policy.anchors),
        rules={rule.name: [tuple(part) for part in rule.comparisons] for rule in policy.rules},
        layers=sorted(memory),
        working=memory.get("working"),
    )


def _pages(routes: Iterable[tuple[str, str, str]]) -> list[str]:
    """Declared endpoints that tell who answers."""
    return [path for _, path, serves in routes if serves in ("health", "status")]
