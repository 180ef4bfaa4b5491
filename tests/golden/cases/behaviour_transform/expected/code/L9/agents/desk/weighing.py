"""Desk: Weigh a request."""

from __future__ import annotations

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class WeighRequest(Record):
    """What weigh takes."""

    amount: float = Field(ge=0, le=900)
    place: str = Field(max_length=20)


class WeighResponse(Record):
    """What weigh answers."""

    fee: float = Field(ge=0)
    known: bool


@operation(summary="Weigh a request.")
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a request."""
    return WeighResponse(
        fee=max(request.amount - 10, 0) if request.place == "Bath" else request.amount % 7,
        known=not request.amount > 100,
    )
