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
    WorkingLayer,
    operation,
)


@operation(summary="Open, at POST /desk/open.", bound=False)
async def open(request: Payload, context: OperationContext) -> Payload:
    """Open, at POST /desk/open. Nobody has bound it: until then it does what the policy says of unbound operations."""
    return await context.unbound(Payload)


@operation(summary="Weigh, at POST /desk/weigh.", bound=False)
async def weigh(request: Payload, context: OperationContext) -> Payload:
    """Weigh, at POST /desk/weigh.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(Payload)


@operation(summary="Note, at POST /desk/note.", bound=False)
async def note(request: Payload, context: OperationContext) -> Payload:
    """Note, at POST /desk/note. Nobody has bound it: until then it does what the policy says of unbound operations."""
    return await context.unbound(Payload)


@operation(summary="Price, at POST /desk/price.", bound=False)
async def price(request: Payload, context: OperationContext) -> Payload:
    """Price, at POST /desk/price.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(Payload)


@operation(summary="Pack, at POST /desk/pack.", bound=False)
async def pack(request: Payload, context: OperationContext) -> Payload:
    """Pack, at POST /desk/pack. Nobody has bound it: until then it does what the policy says of unbound operations."""
    return await context.unbound(Payload)


@operation(summary="Send, at POST /desk/send.", bound=False)
async def send(request: Payload, context: OperationContext) -> Payload:
    """Send, at POST /desk/send. Nobody has bound it: until then it does what the policy says of unbound operations."""
    return await context.unbound(Payload)


@operation(summary="Bill, at POST /desk/bill.", bound=False)
async def bill(request: Payload, context: OperationContext) -> Payload:
    """Bill, at POST /desk/bill. Nobody has bound it: until then it does what the policy says of unbound operations."""
    return await context.unbound(Payload)


@operation(summary="Close, at POST /desk/close.", bound=False)
async def close(request: Payload, context: OperationContext) -> Payload:
    """Close, at POST /desk/close.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(Payload)


MEMORY = MemoryDeclaration(
    working=WorkingLayer(keyspace="l9_controller_too_long:desk", ttl_seconds=3600),
)

GOVERNANCE = GovernancePolicy(
    anchors=("Ada",),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)

AGENT = AgentDefinition(
    id="desk",
    collection="controller_too_long",
    name="Desk",
    role="Weighs requests.",
    version="",
    operations=(
        open,
        weigh,
        note,
        price,
        pack,
        send,
        bill,
        close,
    ),
    memory=MEMORY,
    governance=GOVERNANCE,
    routes=(
        Route("POST", "/desk/open", open),
        Route("POST", "/desk/weigh", weigh),
        Route("POST", "/desk/note", note),
        Route("POST", "/desk/price", price),
        Route("POST", "/desk/pack", pack),
        Route("POST", "/desk/send", send),
        Route("POST", "/desk/bill", bill),
        Route("POST", "/desk/close", close),
    ),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
