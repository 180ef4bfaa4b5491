"""Fleet: Knows where vans are."""

from __future__ import annotations

from l9stack.agent import (
    AgentDefinition,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    Observation,
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


@operation(summary="On assigned, wired from Van.", bound=False)
async def on_assigned(request: Payload, context: OperationContext) -> Payload:
    """On assigned, wired from Van.

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
    collection="wiring_event_observe",
    name="Fleet",
    role="Knows where vans are.",
    version="",
    operations=(
        nearest,
        on_assigned,
    ),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=(Route("POST", "/fleet/nearest", nearest),),
    observes=(Observation("van", {"assigned": "on_assigned"}),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
