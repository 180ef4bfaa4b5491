"""Desk: Weighs requests."""

from __future__ import annotations

from l9stack.agent import AgentDefinition, BuiltinRoute, GovernancePolicy, Limits, MemoryDeclaration

from L9.agents.desk.routes import ROUTES
from L9.agents.desk.weighing import delete_plan, item, plan, weigh

GOVERNANCE = GovernancePolicy(
    anchors=("Ada",),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)

AGENT = AgentDefinition(
    id="desk",
    collection="endpoints_in_every_form",
    name="Desk",
    role="Weighs requests.",
    version="",
    operations=(
        weigh,
        plan,
        delete_plan,
        item,
    ),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=ROUTES,
    builtin_routes=(BuiltinRoute("GET", "/desk/alive", "health"),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
