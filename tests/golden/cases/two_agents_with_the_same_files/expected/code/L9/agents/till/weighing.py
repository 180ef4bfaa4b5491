"""Till: Weigh, at POST /till/weigh."""

from __future__ import annotations

from l9stack.agent import OperationContext, Payload, operation


@operation(summary="Weigh, at POST /till/weigh.", bound=False)
async def weigh(request: Payload, context: OperationContext) -> Payload:
    """Weigh, at POST /till/weigh.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(Payload)
