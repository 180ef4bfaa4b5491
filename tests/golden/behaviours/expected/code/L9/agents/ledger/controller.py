"""Ledger: Keeps the books."""

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

from L9.agents.ledger.books import enter


@operation(summary="Close, at POST /ledger/close.", bound=False)
async def close(request: Payload, context: OperationContext) -> Payload:
    """Close, at POST /ledger/close.

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
    id="ledger",
    collection="behaviours",
    name="Ledger",
    role="Keeps the books.",
    version="1.0.0",
    operations=(
        close,
        enter,
    ),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=(
        Route("POST", "/ledger/enter", enter),
        Route("POST", "/ledger/close", close),
    ),
    packet_types={"enter": "enter"},
    publishes=("entered",),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
