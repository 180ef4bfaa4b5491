"""Desk: Weigh a request."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class WeighRequest(Record):
    """What weigh takes."""

    amount: float = Field(ge=0, le=900)
    place: str = Field(max_length=20)


class WeighResponse(Record):
    """What weigh answers."""

    grade: Literal["small", "large"]
    fee: float = Field(ge=0)
    known: bool


@operation(summary="Weigh a request.")
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a request."""
    if request.amount > 500 and request.place != "Bath":
        return WeighResponse(grade="large", fee=round(request.amount * 0.2, 2), known=False)
    if request.place.lower() in ["bath", "york"]:
        return WeighResponse(grade="small", fee=0, known=True)
    return WeighResponse(grade="small", fee=min(request.amount, 5), known=False)
