"""Desk: Plot, after evaluator.plot of the glue."""

from __future__ import annotations

from l9stack.agent import OperationContext, Payload, Record, operation


class PlotRequest(Record):
    """What plot takes."""

    expr: str
    width: int = 80


@operation(summary="Plot, after evaluator.plot of the glue.", bound=False)
async def plot(request: PlotRequest, context: OperationContext) -> Payload:
    """Plot, after evaluator.plot of the glue.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(Payload)
