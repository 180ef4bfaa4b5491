"""Desk: Weighing: the schema lists weighing.py and says no more of it."""

from __future__ import annotations

from l9stack.agent import OperationContext, Payload, operation


@operation(summary="Weighing: the schema lists weighing.py and says no more of it.", bound=False)
async def weighing(request: Payload, context: OperationContext) -> Payload:
    """Weighing: the schema lists weighing.py and says no more of it.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(Payload)
