"""Van: Assigns a van to a request."""

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


@operation(summary="Assign, at POST /van/assign.", bound=False)
async def assign(request: Payload, context: OperationContext) -> Payload:
    """Assign, at POST /van/assign.

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
    id="van",
    collection="wiring_packet_send",
    name="Van",
    role="Assigns a van to a request.",
    version="",
    operations=(assign,),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=(Route("POST", "/van/assign", assign),),
    packet_types={"assign": "assign"},
    calls=(Call("fleet", "packet_send", ("nearest",)),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
