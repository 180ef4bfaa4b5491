"""Fleet: Logger: the schema lists logger.py and says no more of it."""

from __future__ import annotations

from l9stack.agent import OperationContext, Payload, operation


@operation(summary="Logger: the schema lists logger.py and says no more of it.", bound=False)
async def logger(request: Payload, context: OperationContext) -> Payload:
    """Logger: the schema lists logger.py and says no more of it.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(Payload)
