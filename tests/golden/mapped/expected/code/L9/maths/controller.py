"""Maths: Evaluates."""

from __future__ import annotations

from l9stack.agent import AgentDefinition, BuiltinRoute, GovernancePolicy, Limits, MemoryDeclaration, Route

from L9.maths.core.evaluator import evaluate, plot, simplify

GOVERNANCE = GovernancePolicy(
    anchors=("Ann",),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)

AGENT = AgentDefinition(
    id="maths",
    collection="mapped",
    name="Maths",
    role="Evaluates.",
    version="",
    operations=(
        evaluate,
        simplify,
        plot,
    ),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=(
        Route("POST", "/evaluate", evaluate),
        Route("POST", "/maths/simplify", simplify),
    ),
    builtin_routes=(BuiltinRoute("GET", "/maths/health", "health"),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
