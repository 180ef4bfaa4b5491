"""Desk: Weighs requests."""

from __future__ import annotations

from l9stack.agent import (
    AgentDefinition,
    BuiltinRoute,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    OperationContext,
    Payload,
    Route,
    operation,
)

from L9.agents.desk.core.evaluator import simplify


@operation(summary="Weigh, at POST /desk/weigh.", bound=False)
async def weigh(request: Payload, context: OperationContext) -> Payload:
    """Weigh, at POST /desk/weigh.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(Payload)


GOVERNANCE = GovernancePolicy(
    anchors=("Ada",),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)

AGENT = AgentDefinition(
    id="desk",
    collection="mapped_endpoints",
    name="Desk",
    role="Weighs requests.",
    version="",
    operations=(
        weigh,
        simplify,
    ),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=(
        Route("POST", "/desk/weigh", weigh),
        Route("POST", "/desk/simplify", simplify),
    ),
    builtin_routes=(BuiltinRoute("GET", "/desk/health", "health"),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
