"""Maths: evaluate, simplify, plot."""

from __future__ import annotations

from l9stack.agent import OperationContext, Payload, Record, operation
from pydantic import JsonValue


class EvaluateRequest(Record):
    """What evaluate takes."""

    expr: str
    variables: dict[str, JsonValue]
    digits: int = 6


class EvaluateResponse(Record):
    """What evaluate answers."""

    value: float
    unit: str | None = None


@operation(summary="Evaluate an expression.", bound=False)
async def evaluate(request: EvaluateRequest, context: OperationContext) -> EvaluateResponse:
    """Evaluate an expression.

    As the glue describes it: With care. Nobody has bound it: until then it does what the policy says of unbound
    operations.
    """
    return await context.unbound(EvaluateResponse)


class SimplifyRequest(Record):
    """What simplify takes."""

    expr: str


class SimplifyResponse(Record):
    """What simplify answers."""

    result: str


@operation(summary="Simplify, at POST /maths/simplify.", bound=False)
async def simplify(request: SimplifyRequest, context: OperationContext) -> SimplifyResponse:
    """Simplify, at POST /maths/simplify.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(SimplifyResponse)


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
