"""Desk: Ledger: the schema lists ledger.py and says no more of it."""

# Printed by our own template.
from l9stack.agent import OperationContext, Payload, operation


@operation(summary="Ledger: the schema lists ledger.py and says no more of it.", bound=False)
async def ledger(request: Payload, context: OperationContext) -> Payload:
    """Ledger: the schema lists ledger.py and says no more of it.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(Payload)
