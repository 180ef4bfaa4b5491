"""Desk: Weighs requests."""

from __future__ import annotations

from l9stack.agent import (
    AgentDefinition,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    OperationContext,
    Payload,
    Route,
    operation,
)

from L9.agents.desk.weighing import weighing


@operation(summary="Open, at POST /desk/open.", bound=False)
async def open(request: Payload, context: OperationContext) -> Payload:
    """Open, at POST /desk/open. Nobody has bound it: until then it does what the policy says of unbound operations."""
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
    collection="operations_without_a_word",
    name="Desk",
    role="Weighs requests.",
    version="",
    operations=(
        open,
        weighing,
    ),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=(Route("POST", "/desk/open", open),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
