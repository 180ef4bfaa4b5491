"""An agent's manifest: what the library, the infrastructure and the evidence read about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from l9stack import __version__
from l9stack.model.plan import AgentPlan, Plan
from l9stack.planning.catalogue import ROWS
from l9stack.rendering.code.bridges import declaration, view_governance
from l9stack.rendering.code.interface import view_surface
from l9stack.rendering.code.operations import operations_of_module
from l9stack.rendering.packets import protocol_manifest


def manifest(plan: Plan, agent: AgentPlan, paths: Iterable[str], *, composed: bool = True) -> dict[str, Any]:
    """The manifest as data; `paths` are the agent's other artifacts, `composed`: a controller declares it all."""
    spec, surface, policy = agent.spec, view_surface(plan, agent), view_governance(agent)
    listed = sorted(paths)
    bridges = {family: agent.module_of(family) for family in ("controller", "memory_bridge", "governance_bridge")}

    def named(family: str) -> str | None:
        module = bridges[family]
        return f"{module.dotted}:{ROWS[family].declares}" if module else None

    return {
        "schema_version": 1,
        "generator": f"l9stack {__version__}",
        "collection": plan.collection,
        "agent": agent.id,
        "name": spec.name,
        "system": spec.system,
        "module": spec.module,
        "role": spec.role,
        "version": surface.version,
        "package": agent.package,
        "artifacts": {
            kind: [path for path in listed if path.startswith(f"{kind}/")] for kind in ("code", "docs", "tests")
        },
        "controller": named("controller") if composed else None,
        "operations": [
            {
                "name": op.name,
                "callable": f"{module.dotted}:{op.name}",
                "behaviour": op.behaviour.kind,
                "bound": op.bound,
                "criticality": op.criticality,
                "summary": op.summary,
                "reusable": op.reusable,
                "timeout_seconds": op.timeout_seconds,
            }
            for module in agent.modules
            for op in operations_of_module(agent, module)
        ],
        "routes": [{"method": r.method, "path": r.path, "operation": r.operation} for r in surface.routes],
        "builtin_routes": [{"method": m, "path": p, "serves": s} for m, p, s in surface.builtin_routes],
        "health_path": spec.health_path,
        "packet_types": surface.packet_types,
        "calls": [{"to": c.to, "kind": c.kind, "names": list(c.names), "external": c.external} for c in surface.calls],
        "observes": [{"source": source, "events": events} for source, events in surface.observes],
        "publishes": list(surface.publishes),
        "memory": {
            "declared_by": named("memory_bridge"),
            "layers": [
                {"kind": layer.kind.value, "backend": layer.backend.value, **declaration(agent, layer)}
                for layer in spec.memory
            ],
        },
        "governance": {
            "declared_by": named("governance_bridge"),
            "anchors": list(policy.anchors),
            "mode": policy.mode,
            "human_override": policy.human_override,
            "rules": [
                {
                    "name": rule.name,
                    "text": rule.text,
                    "comparisons": [{"field": f, "operator": o, "number": n} for f, o, n in rule.comparisons],
                }
                for rule in policy.rules
            ],
            "triggers": [{"name": name, "text": text} for name, text in policy.triggers],
            "audit_scope": list(spec.governance.audit_scope),
            "unbound": policy.unbound,
            "timeout_seconds": policy.timeout_seconds,
        },
        "limits": {"rate": surface.rate, "max_payload_bytes": surface.max_payload_bytes},
        "depends_on": {"hard": list(surface.hard), "soft": list(surface.soft)},
        "unbound_operations": [op.name for op in agent.operations if not op.bound],
        "requires": sorted({name for m in agent.modules if m.mapping for name in m.mapping.requires}),
        **protocol_manifest(plan.protocol),
        **({"imported": list(agent.imported)} if agent.imported else {}),
    }
