"""Desk: evaluate, simplify."""

from __future__ import annotations

from l9stack.agent import OperationContext, Record, operation
from pydantic import JsonValue


class EvaluateRequest(Record):
    """What evaluate takes."""

    expr: str
    variables: dict[str, JsonValue]
    digits: int = 6


class EvaluateResponse(Record):
    """What evaluate answers."""

    result: float


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


@operation(summary="Simplify, after evaluator.simplify of the glue.", bound=False)
async def simplify(request: SimplifyRequest, context: OperationContext) -> SimplifyResponse:
    """Simplify, after evaluator.simplify of the glue.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(SimplifyResponse)
