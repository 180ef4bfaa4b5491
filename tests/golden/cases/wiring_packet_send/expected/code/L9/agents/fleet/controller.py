"""Fleet: Knows where vans are."""

from __future__ import annotations

from l9stack.agent import (
    AgentDefinition,
    Call,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    OperationContext,
    Payload,
    Route,
    operation,
)


@operation(summary="Nearest, at POST /fleet/nearest.", bound=False)
async def nearest(request: Payload, context: OperationContext) -> Payload:
    """Nearest, at POST /fleet/nearest.

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
    id="fleet",
    collection="wiring_packet_send",
    name="Fleet",
    role="Knows where vans are.",
    version="",
    operations=(nearest,),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=(Route("POST", "/fleet/nearest", nearest),),
    packet_types={"nearest": "nearest"},
    calls=(Call("van", "packet_send", ("assign",)),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
