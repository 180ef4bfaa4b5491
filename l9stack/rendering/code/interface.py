"""What an agent shows to the outside, decided once for its controller, manifest, docs and tests."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from l9stack.model.plan import AgentPlan, EdgeKind, Plan
from l9stack.names import BUILT_IN, operation_name
from l9stack.printable import line
from l9stack.rendering.code.operations import event_of
from l9stack.rendering.memo import memoize

_SERVES = {
    "health": "health",
    "healthz": "health",
    "ready": "ready",
    "readiness": "ready",
    "metrics": "metrics",
    "status": "status",
}
ALWAYS_SERVED = ("/health", "/ready", "/metrics", "/status")


@dataclass(frozen=True, slots=True)
class RouteView:
    """A declared endpoint and the operation that it leads to."""

    method: str
    path: str
    operation: str


@dataclass(frozen=True, slots=True)
class CallView:
    """What the agent asks of another one."""

    to: str
    kind: str
    names: tuple[str, ...]
    external: bool


@dataclass(frozen=True, slots=True)
class SurfaceView:
    """Identity, routes, connections and limits of one agent."""

    id: str
    collection: str
    name: str
    system: str
    role: str
    version: str
    routes: tuple[RouteView, ...]
    builtin_routes: tuple[tuple[str, str, str], ...]
    packet_types: dict[str, str]
    calls: tuple[CallView, ...]
    observes: tuple[tuple[str, dict[str, str]], ...]
    publishes: tuple[str, ...]
    rate: str
    max_payload_bytes: int
    hard: tuple[str, ...]
    soft: tuple[str, ...]
    connects: tuple[str, ...]


@memoize
def view_surface(plan: Plan, agent: AgentPlan) -> SurfaceView:
    """The surface of an agent; only what its own schema says and edges that begin at it, or that it observes."""
    spec = agent.spec
    outgoing = [edge for edge in agent.edges if edge.source == agent.id]
    calls = tuple(
        CallView(edge.target, edge.kind.value, edge.names, edge.external)
        for edge in outgoing
        if edge.kind in (EdgeKind.API_CALL, EdgeKind.PACKET_SEND)
    )
    observed: dict[str, dict[str, str]] = defaultdict(dict)
    for edge in agent.edges:
        if edge.kind is EdgeKind.EVENT_OBSERVE and edge.target == agent.id:
            for event in edge.names:
                observed[edge.source][event] = str(operation_name(f"on_{event}"))
    values = {setting.name: setting.value for setting in agent.settings}
    size = values.get("limits.max_payload_bytes", 1 << 20)
    return SurfaceView(
        id=agent.id,
        collection=plan.collection,
        name=line(spec.name),
        system=line(spec.system),
        role=line(spec.role),
        version=line(spec.version),
        routes=_routes(agent),
        builtin_routes=_builtin(agent),
        packet_types={kind: op.name for op in agent.operations for kind in op.packet_types},
        calls=calls,
        observes=tuple(sorted(observed.items())),
        publishes=tuple(sorted({event for op in agent.operations if (event := event_of(op))})),
        rate=str(values.get("limits.rate", "600/minute")),
        max_payload_bytes=int(size) if isinstance(size, int | float | str) else 1 << 20,
        hard=tuple(edge.target for edge in outgoing if edge.kind is EdgeKind.HARD),
        soft=tuple(edge.target for edge in outgoing if edge.kind is EdgeKind.SOFT),
        connects=tuple(edge.target for edge in outgoing if edge.kind is EdgeKind.CONNECT),
    )


def _routes(agent: AgentPlan) -> tuple[RouteView, ...]:
    """In the order of the code: a controller adds those of its own operations to what a module of routes lists."""
    listed = agent.module_of("routes") is not None
    operations = sorted(agent.operations, key=lambda op: listed and agent.home_of(op.name).family == "controller")
    return tuple(RouteView(route.method, route.path, op.name) for op in operations for route in op.routes)


def _builtin(agent: AgentPlan) -> tuple[tuple[str, str, str], ...]:
    """Aliases under which the schema wants health, readiness, metrics or status; the plain paths are always there."""
    wanted = [(endpoint.method, endpoint.path) for endpoint in agent.spec.endpoints]
    wanted.append(("GET", agent.spec.health_path))
    found = []
    for method, path in wanted:
        last = path.rstrip("/").rsplit("/", 1)[-1]
        if method == "GET" and path not in ALWAYS_SERVED and (last in BUILT_IN or path == agent.spec.health_path):
            found.append((method, path, _SERVES.get(last, "health")))
    return tuple(dict.fromkeys(found))
