"""Desk: Weigh a request."""

from __future__ import annotations

from fees.rules import fee_of
from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class WeighRequest(Record):
    """What weigh takes."""

    amount: float = Field(ge=0, le=900)
    place: str = Field(max_length=20)


class WeighResponse(Record):
    """What weigh answers."""

    fee: float = Field(ge=0)


@operation(summary="Weigh a request.", criticality=0.7)
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a request."""
    return await context.call_implementation(fee_of, request, WeighResponse)
